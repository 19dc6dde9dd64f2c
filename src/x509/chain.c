// What building a chain with OpenSSL needs.
#include "x509/chain.h"

#include "x509/cert_inside.h"

struct err *chain_store(const struct cert_list *anchors, X509_STORE **out)
{
	AUTO(store) X509_STORE *store = X509_STORE_new();
	if (!store)
		return err_no_memory();
	for (size_t i = 0; i < anchors->n; i++)
		if (!X509_STORE_add_cert(store, cert_x509(anchors->certs[i])))
			return ossl_failed("X509_STORE_add_cert");
	*out = store;
	store = NULL;
	return NULL;
}

struct err *chain_borrow(const struct cert_list *list, STACK_OF(X509) * *out)
{
	AUTO(borrowed_stack) STACK_OF(X509) *stack = sk_X509_new_null();
	if (!stack)
		return err_no_memory();
	for (size_t i = 0; i < list->n; i++)
		if (!sk_X509_push(stack, cert_x509(list->certs[i])))
			return err_no_memory();
	*out = stack;
	stack = NULL;
	return NULL;
}
