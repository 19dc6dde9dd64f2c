#!/usr/bin/env perl
# memory.pl COMMAND...: runs it and prints the most memory that it and its processes held at one time, as a figure.
#
# About every millisecond the proportional set sizes (Pss of smaps_rollup: pages that two processes share count once) of the
# whole family are added up. Processes that keep others out can only be looked at by root; for anybody else it is the sum of the
# resident sets, which counts shared pages twice.
use strict;
use warnings;
use Time::HiRes qw(usleep);

my $pid = fork // die "fork: $!\n";
if ($pid == 0) {
	open STDIN, '<', '/dev/null' or die;
	open STDOUT, '>', '/dev/null' or die;
	open STDERR, '>', '/dev/null' or die;
	exec @ARGV or die "$ARGV[0]: $!\n";
}

sub family {
	my @all = ($_[0]);
	for (my $i = 0; $i < @all; $i++) {
		for my $file (glob "/proc/$all[$i]/task/*/children") {
			open my $children, '<', $file or next;
			push @all, split ' ', <$children> // '';
		}
	}
	return @all;
}

sub held {
	my ($who) = @_;
	my ($file, $word) = $> == 0 ? ("/proc/$who/smaps_rollup", 'Pss') : ("/proc/$who/status", 'VmRSS');
	open my $in, '<', $file or return 0;
	while (my $line = <$in>) {
		return $1 if $line =~ /^$word:\s+(\d+) kB/;
	}
	return 0;
}

my $most = 0;
my $looks = 0;
while (waitpid($pid, 1) == 0) {
	my $now = 0;
	$now += held($_) for family($pid);
	$most = $now if $now > $most;
	$looks++;
	usleep(500);
}
die "$ARGV[0] failed\n" if $?;
die "it was over too soon to be looked at\n" if $looks < 20;
printf "memory-peak %.1f MB <=48\n", $most / 1024;
