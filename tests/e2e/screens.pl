# screens.pl clean: what stood on a terminal at the end, line by line, from what was written to it; what differs from run to run and
#   from machine to machine is replaced where it would lead a reader astray (paths, ports).
# screens.pl shape: such text without what differs from run to run, for comparing two of them.
use strict;
use warnings;
use utf8;
binmode STDIN, ':encoding(UTF-8)';
binmode STDOUT, ':encoding(UTF-8)';
my ($mode) = @ARGV;
local $/;
my $text = <STDIN>;

if ($mode eq 'clean') {
	my @lines;
	for my $line (split /\n/, $text, -1) {
		$line =~ s/\r+$//;
		# A line that was drawn again: the last drawing counts.
		my ($last) = reverse grep { length } split /\r/, $line;
		$last = '' unless defined $last;
		$last =~ s/\x1b\[K//g;
		$last =~ s/\s+$//;
		push @lines, $last;
	}
	$text = join "\n", @lines;
	$text =~ s{/\S+?/config/inkan/profiles/}{~/.config/inkan/profiles/}g;
	$text =~ s/localhost:\d+/localhost:8443/g;
	$text =~ s/127\.0\.0\.1:\d+/127.0.0.1:8080/g;
	$text =~ s{(（?)/\S+?/test_\w+/(profile/|request\.pem)}{$1/home/hana/$2}g;
	# A QR code, in black on white.
	$text =~ s/(?:^\x1b\[30;107m[^\n]*\x1b\[0m\n)+/    (the QR code of the SHA-256)\n/mg;
	$text =~ s{/\S+?/test_\w+/home\b}{/home/hana}g;
	# A security officer's PIN, which is another one each time.
	$text =~ s/^    [2-9A-Z]{4}(?: [2-9A-Z]{4}){3}$/    7KQF 3M2X 9HTR 4WPD/mg;
	$text =~ s/\n{3,}/\n\n/g;
	$text =~ s/^\n+|\n+$//g;
	print "$text\n";
} elsif ($mode eq 'shape') {
	# A token names its objects in any order: in `token show` each has lines of its own, in `token wipe` a clause.
	$text =~ s{((?:^  (?:Public key|Private key|Certificate|公開鍵|秘密鍵|電子証明書)[ 「][^\n]*\n(?:    [^\n]*\n)*)+)}
		{join '', sort split /(?=^  \S)/m, $1}gme;
	$text =~ s/\[\s*\d+\/\d+\][^\n]*//g; # steps: drawn again, and with the time that they took
	$text =~ s/^[^\n]* …$//gm;             # and those that are not counted
	$text =~ s/\^C//g;                             # the terminal's echo, which may come at the end of a line or of the next
	$text =~ s/ ?[(（]\d+(?:\.\d+)? ?(?:s|秒)[)）]//g;  # the time that something took, told where it was long
	$text =~ s/\b[a-z0-9]{4}-[a-z0-9]{4}\b/ID/g;
	$text =~ s/\b[0-9a-f]{16,}\b/HEX/g;
	$text =~ s/\b0x[0-9a-f]+\b/HEX/g;
	$text =~ s{/usr/lib/[^/\s]+-linux-gnu/}{/usr/lib/}g;
	$text =~ s/\d+/0/g;
	$text =~ s/\s+//g;
	$text =~ s/(?:(?:public|private)key"0"|certificateforCN=[^()]*)\(CKA_IDHEX;madebyinkan\)//g;
	$text =~ s/(?:(?:公開鍵|秘密鍵)「0」|CN=[^（）]*)（CKA_IDHEX、inkanが作成）//g;
	# What is said only when something takes long, or depends on how old the one-time password is.
	$text =~ s/Leavethetokenin:itisatwork\.//g;
	$text =~ s/Thetokenisnotatwork:ifithastocomeout,nothingislost\.//g;
	$text =~ s/トークンは動作中です。抜かないでください。//g;
	$text =~ s/Anewnumbercomesin0s\.Waitforit,thentypethatone\.//g;
	$text =~ s/Thenumberthatthetokenshowsnowchangesin0s\.//g;
	$text =~ s{[(（][^()（）]*\.yaml[)）]}{}g; # a path, longer or shorter
	$text =~ s/([。.:：？?])/$1\n/g;               # for who reads the difference
	print "$text\n";
} else {
	die "screens.pl clean|shape\n";
}
