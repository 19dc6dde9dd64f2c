#!/usr/bin/env perl
# trace_has.pl TRACE: where words stand in what a program gave to the system, by a trace of strace -f -v -xx -yy -s 65536.
#
# The words come on standard input (NAME TAB WORD a line). What a process reads may hold them: that is where they come from. Everything
# else is printed as "NAME: CALL" - arguments and environment of a program, paths, everything written or sent - but one thing: what is
# sent over a socket pair that the trace itself saw being made, the way from the terminal's process to its worker; that is counted, and
# the last line says "to the worker: NAME COUNT ...".
use strict;
use warnings;

my %words;
while (my $line = <STDIN>) {
	chomp $line;
	my ($name, $word) = split /\t/, $line, 2;
	die "not NAME, tab, WORD\n" unless length($word // '');
	$words{$name} = join '', map { sprintf '\\x%02x', ord } split //, $word;
}

my (%pair, %sent);
open my $trace, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
while (my $line = <$trace>) {
	if ($line =~ /\bsocketpair\(AF_UNIX/) {
		$pair{$_} = 1 for $line =~ /UNIX-STREAM:\[(\d+)/g;
	}
	next if $line =~ /^\d+ +(?:read|readv|pread64|preadv|recvfrom|recvmsg)\(/;
	next if $line =~ /^\d+ +<\.\.\. (?:read|readv|pread64|preadv|recvfrom|recvmsg) resumed>/;
	for my $name (sort keys %words) {
		next if index($line, $words{$name}) < 0;
		if ($line =~ /^\d+ +sendto\(\d+<UNIX-STREAM:\[(\d+)(?:->\d+)?\]>/ && $pair{$1}) {
			$sent{$name}++;
			next;
		}
		my ($call) = $line =~ /^(\d+ +\S{1,60})/;
		print "$name: ", $call // substr($line, 0, 60), "\n";
	}
}
print 'to the worker:', (map { " $_ $sent{$_}" } sort keys %sent), "\n";
