// The fingerprint of keys made by the flawed library of CVE-2017-15361 (Nemec and others, "The Return of Coppersmith's Attack").
//
// Its primes are k*M + (65537^a mod M), M being the product of the first primes. So the modulus, too, is a power of 65537 modulo
// each small prime r that divides M: it lies in the subgroup that 65537 generates there. A random modulus does so for all
// primes below with a chance of about one in 2^28 (where 65537 generates the whole group the prime says nothing, so only the
// others are asked).
#include "x509/request.h"

#include <stddef.h>

static const unsigned telling_primes[] = { 11, 13, 17,	19,  37,  53,  61,  71, 73,
					   79, 97, 103, 107, 109, 127, 151, 157 };

static unsigned remainder_of(const uint8_t *big_endian, size_t len, unsigned r)
{
	unsigned rest = 0;
	for (size_t i = 0; i < len; i++)
		rest = (rest * 256 + big_endian[i]) % r;
	return rest;
}

static bool is_power_of_65537(unsigned value, unsigned r)
{
	unsigned power = 1;
	do {
		if (power == value)
			return true;
		power = power * (65537 % r) % r;
	} while (power != 1);
	return false;
}

bool rsa_public_is_roca(const struct rsa_public *key)
{
	if (key->modulus_len == 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(telling_primes); i++) {
		unsigned r = telling_primes[i];
		if (!is_power_of_65537(remainder_of(key->modulus, key->modulus_len, r), r))
			return false;
	}
	return true;
}
