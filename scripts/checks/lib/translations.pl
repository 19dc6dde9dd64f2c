# translations.pl TEMPLATE CATALOGUE [--missing [ROOM]]: what is wrong with the catalogue; status 1 when something is.
# translations.pl --text FILE...: what is wrong with Japanese pages.
use strict;
use warnings;
binmode STDOUT, ':encoding(UTF-8)';
my ($pot, $po, $mode, $room) = @ARGV;
$mode //= '';

# The entries of a PO file: id => { text, where, fuzzy }, but for the header. Ids and texts as they stand, escaped.
sub entries {
	my ($path) = @_;
	open my $in, '<:encoding(UTF-8)', $path or die "$path: $!\n";
	my (%all, $e, $into);
	my $done = sub {
		$all{ $e->{id} } = $e if $e && defined $e->{id} && $e->{id} ne '';
		($e, $into) = (undef, undef);
	};
	while (<$in>) {
		chomp;
		if (/^#: (.*)/) { $done->() if $into; $e->{where} //= $1 }
		elsif (/^#,.*fuzzy/) { $done->() if $into; $e->{fuzzy} = 1 }
		elsif (/^msgid "(.*)"$/) { $done->() if $into; $e->{id} = $1; $into = 'id' }
		elsif (/^msgstr "(.*)"$/) { $e->{text} = $1; $into = 'text' }
		elsif (/^"(.*)"$/ && $into) { $e->{$into} .= $1 }
		elsif (/^$/) { $done->() }
	}
	$done->();
	return \%all;
}

# "%1 %2" and so on, in order and once each. No argument may be dropped by a translation.
sub arguments {
	my %seen = map { $_ => 1 } $_[0] =~ /%([1-9])/g;
	return join ' ', sort keys %seen;
}

# "PIN は", never "PINは". A figure stands close to what it counts: "2回".
my $japanese = qr/[\x{3041}-\x{3096}\x{30A1}-\x{30FA}\x{30FC}\x{4E00}-\x{9FFF}\x{3005}]/;
my $close = qr/($japanese[A-Za-z]+|[A-Za-z]+$japanese|(?<![A-Za-z0-9%])[A-Za-z][A-Za-z0-9#+._\/-]*[0-9]$japanese)/;
if ($pot eq '--text') {
	my $bad = 0;
	for my $path (@ARGV[1 .. $#ARGV]) {
		open my $in, '<:encoding(UTF-8)', $path or die "$path: $!\n";
		while (<$in>) {
			next unless /$close/;
			print qq{$path:$.: "$1": a blank belongs between Japanese and Latin letters\n};
			$bad = 1;
		}
	}
	exit $bad;
}

my ($want, $have) = (entries($pot), entries($po));
my $bad = 0;
for my $id (sort { ($want->{$a}{where} // '') cmp($want->{$b}{where} // '') or $a cmp $b } keys %$want) {
	my $where = $want->{$id}{where} // '?';
	my $text = $have->{$id} ? $have->{$id}{text} : '';
	if ($mode eq '--missing') {
		next if $text ne '' || ($room && $where !~ m{(^|/)\Q$room\E/});
		print qq{#: $where\nmsgid "$id"\nmsgstr ""\n\n};
		next;
	}
	my @wrong;
	push @wrong, 'not translated' if $text eq '';
	push @wrong, 'fuzzy' if $have->{$id} && $have->{$id}{fuzzy};
	push @wrong, 'arguments ' . arguments($id) . ' became ' . arguments($text)
	  if $text ne '' && arguments($id) ne arguments($text);
	push @wrong, qq{"$1": a blank belongs between Japanese and Latin letters} if $text =~ /$close/;
	push @wrong, 'a printf format; say %1 to %9' if $id =~ /%(?:[-+ #0]*\d*\.?\d*(?:hh?|ll?|z|j)?[sdiuxXcpfg]\b|\*)/ && $id !~ /%[1-9](?!\d*[sdiux]\b)/;
	print qq{$where: "$id": }, join('; ', @wrong), "\n" if @wrong;
	$bad = 1 if @wrong;
}
if ($mode ne '--missing') {
	for my $id (sort grep { !$want->{$_} } keys %$have) {
		print qq{po: "$id": nobody says this any more\n};
		$bad = 1;
	}
}
exit $bad;
