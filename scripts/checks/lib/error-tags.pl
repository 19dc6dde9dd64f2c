# error-tags.pl FILE...: the tags that errors can have, one a line with the files: the last argument of err_tag, the first of the
# functions that hand one on to it (a parameter called slug or tag), and the third column of pkcs11/ckrerr.c.
use strict;
use warnings;
my %tags;
my $text = qr/"(?:[^"\\]|\\.)*"/;
my $inside;
$inside = qr/\((?:[^()"]|$text|(??{ $inside }))*\)/;
for my $file (@ARGV) {
	open my $in, '<', $file or die "$file: $!\n";
	my $code = do { local $/; <$in> };
	# Functions here that take a tag as their first or second argument, or put a variable into err_tag.
	my @hand = ('err_tag');
	while ($code =~ /^static struct err \*(\w+)\(([^)]*\bconst char \*(?:slug|tag)\b[^)]*)\)/mg) { push @hand, $1 }
	for my $name (@hand) {
		while ($code =~ /\b$name($inside)/g) {
			my $call = substr $1, 1, -1;
			$call =~ s/$inside//g;
			my @strings = grep { /^"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"$/ } map { s/^\s+|\s+$//gr } split /,/, $call =~ s/\?|(?<!:):(?!:)/,/gr;
			for (@strings) { tr/"//d; $tags{$_}{$file} = 1 }
		}
	}
	while ($code =~ /\.slug = "([a-z0-9-]+)"/g) { $tags{$1}{$file} = 1 }
	if ($file =~ m{pcscerr\.c$}) {
		while ($code =~ /"SCARD_\w+",\s*"([a-z0-9-]+)"/g) { $tags{$1}{$file} = 1 }
	}
	if ($file =~ m{ckrerr\.c$}) {
		while ($code =~ /\{\s*CKR_\w+,\s*ERR_\w+,\s*"([a-z0-9-]+)"/g) { $tags{$1}{$file} = 1 }
	}
}
print "$_ ", join(' ', sort keys %{ $tags{$_} }), "\n" for sort keys %tags;
