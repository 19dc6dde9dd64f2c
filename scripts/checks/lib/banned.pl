# banned.pl FILE...: prints every banned call with its place; status 1 when there is one.
use strict;
use warnings;
use File::Basename;

my $strip = dirname(__FILE__) . '/strip';
my %why = (
	(map { $_ => 'no bound: use buf or snprintf' }
		  qw(strcpy strcat stpcpy strncat sprintf vsprintf gets wcscpy wcscat)),
	(map { $_ => 'hides bad numbers: use strtol and look at the end' } qw(atoi atol atoll atof)),
	(map { $_ => 'starts a shell' } qw(system popen)),
	(map { $_ => 'no bound on the stack' } qw(alloca strdupa)),
	(map { $_ => "hidden state: use ${_}_r" } qw(strtok localtime gmtime asctime ctime getpwnam getpwuid)),
	(map { $_ => 'a race: use mkstemp or mkdtemp' } qw(tmpnam tempnam mktemp tmpnam_r)),
	(map { $_ => 'not random: use RAND_bytes or getrandom' } qw(rand random srand srandom)),
);
my $banned = join '|', keys %why;
# A name that ends in one of these holds a secret.
my $secret = qr/(?:^|[^a-z0-9])(?:[a-z0-9_]*_)?(?:pin|otp|passw(?:or)?d|passphrase|secret)$/i;
my $print = qr/(?<![\w.>])((?:v?printf|puts|putchar|perror|psignal|vwarnx?|warnx?|verrx?|errx)(?=\s*\()|stdout\b|stderr\b)/;
my $bad = 0;

sub complain {
	my ($file, $line, $text) = @_;
	print "$file:$line: $text\n";
	$bad = 1;
}

for my $file (@ARGV) {
	my @raw = do { open my $in, '<', $file or die "$file: $!\n"; <$in> };
	my @code = qx{perl \Q$strip\E \Q$file\E};
	my $tests = $file =~ m{^(tests|bench)/};
	my $face = $tests || $file =~ m{^src/(cli|practiceca)/} || $file eq 'src/main.c';
	for my $i (0 .. $#code) {
		my ($n, $line) = ($i + 1, $code[$i]);
		complain($file, $n, "$1: $why{$1}") while $line =~ /(?<![\w.>])($banned)\s*\(/g;
		if (!$tests && $file ne 'src/base/secret.c') {
			while ($line =~ /(?<![\w.>])(memset|bzero|free)\s*\(\s*&?\s*([\w.>-]+(?:\[\w+\])?)/g) {
				my ($call, $what) = ($1, $2);
				$what =~ s/\[\w+\]$//;
				complain($file, $n, "$call($what): a secret lives in struct secret; if it is none, say "
					  . "'// no secret: why'")
				  if $what =~ $secret && $raw[$i] !~ m{// no secret: \S};
			}
		}
		complain($file, $n, "$1: only src/cli and the practice CA print")
		  if !$face && $line =~ $print;
		complain($file, $n, "$1: only src/worker starts processes")
		  if !$tests && $file !~ m{^src/worker/}
		  && $line =~ /(?<![\w.>])(v?fork|exec(?:l|lp|le|v|vp|ve|vpe)|f?execveat|fexecve|posix_spawnp?|clone3?)\s*\(/;
		complain($file, $n, 'inkan reads no INKAN_ variables')
		  if !$tests && $line =~ /getenv\s*\(/ && $raw[$i] =~ /getenv\s*\(\s*"INKAN_/;
	}
}
exit $bad;
