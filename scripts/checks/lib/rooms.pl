# rooms.pl TABLE FILE...: prints every include that breaks the table of rooms; status 1 when there is one.
use strict;
use warnings;

my (%floor, %dir, %may, @owned);
open my $table, '<', shift @ARGV or die "table of rooms: $!\n";
while (<$table>) {
	next if /^#/ || !/\S/;
	my ($floor, $room, $dir, $rest) = split;
	($floor{$room}, $dir{$room}) = ($floor, $dir);
	if ($floor eq '-') {
		$may{$room} = { map { $_ => 1 } split /,/, $rest };
	} elsif ($rest ne '-') {
		for my $glob (split /,/, $rest) {
			(my $re = quotemeta $glob) =~ s/\\\*/.*/g;
			push @owned, [ qr/^$re$/, $room ];
		}
	}
}

# The room that a path lies in; src/main.c belongs to the cli.
sub room_of {
	my ($path) = @_;
	return 'cli' if $path eq 'src/main.c';
	for my $room (keys %dir) {
		return $room if index($path, "$dir{$room}/") == 0;
	}
	return undef;
}

my $bad = 0;
for my $file (@ARGV) {
	my $room = room_of($file);
	if (!defined $room) {
		print "$file: lies in no room of cmake/rooms.table\n";
		$bad = 1;
		next;
	}
	open my $in, '<', $file or die "$file: $!\n";
	while (<$in>) {
		next unless /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
		my ($quote, $header) = ($1, $2);
		my $said = "$file:$.: includes $header";
		my $other = $quote eq '"' ? room_of("src/$header") // room_of($header) : undef;
		if (defined $other) {
			next if $other eq $room;
			if ($floor{$room} eq '-') {
				next if $may{$room}{$other};
				print "$said: $room may use only ", join(', ', sort keys %{ $may{$room} }), "\n";
			} else {
				next if $floor{$other} ne '-' && $floor{$other} < $floor{$room};
				print "$said: $room (floor $floor{$room}) may not use $other (floor $floor{$other})\n";
			}
			$bad = 1;
		} elsif ($quote eq '"') {
			print "$said: say \"room/header.h\"\n";
			$bad = 1;
		} elsif ($floor{$room} ne '-') {
			my @owners = map { $_->[1] } grep { $header =~ $_->[0] } @owned;
			next if !@owners || grep { $_ eq $room } @owners;
			print "$said, which belongs to ", join(' and ', @owners), "\n";
			$bad = 1;
		}
	}
}
exit $bad;
