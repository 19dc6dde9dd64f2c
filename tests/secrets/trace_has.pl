#!/usr/bin/env perl
# trace_has.pl TRACE [TOKEN]: where words stand in what a program gave to the system, by a trace of strace -f -v -xx -yy -s 65536.
#
# The words come on standard input (NAME TAB WORD a line; "hex:" before one in bytes). What a process reads may hold them: that is where they come from. Everything
# else is printed as "NAME: CALL" - arguments and environment of a program, paths, everything written or sent - but one thing: what is
# sent over a socket pair that the trace itself saw being made, the way from the terminal's process to its worker; that is counted, and
# the last line says "to the worker: NAME COUNT ...". With TOKEN, the directory of a token that is files, what is written there by its module is
# counted, too ("its own files: NAME ...").
use strict;
use warnings;

my %words;
while (my $line = <STDIN>) {
	chomp $line;
	my ($name, $word) = split /\t/, $line, 2;
	die "not NAME, tab, WORD\n" unless length($word // '');
	$word = pack 'H*', $1 if $word =~ /^hex:([0-9a-f]+)$/;
	$words{$name} = join '', map { sprintf '\\x%02x', ord } split //, $word;
}

my (%pair, %sent, %stored);
my $token = $ARGV[1];
open my $trace, '<', $ARGV[0] or die "$ARGV[0]: $!\n";

# How strace -xx writes a path.
sub in_trace {
	return join '', map { sprintf '\\x%02x', ord } split //, shift;
}

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
		if (defined $token && $line =~ /^\d+ +p?write(?:v|64)?\(\d+<([^>]+)>/ && index($1, in_trace($token)) == 0) {
			$stored{$name} = 1;
			next;
		}
		my ($call) = $line =~ /^(\d+ +\S{1,60})/;
		print "$name: ", $call // substr($line, 0, 60), "\n";
	}
}
print 'to the worker:', (map { " $_ $sent{$_}" } sort keys %sent), (defined $token ? '; its own files: ' . join(' ', sort keys %stored) : ''), "\n";
