# man.pl PAGE PROGRAM: compares the man page with the program's --help; status 1 when they disagree.
use strict;
use warnings;
my ($page, $program) = @ARGV;
my $bad = 0;

sub complain {
	print "$page: @_\n";
	$bad = 1;
}

# "-h, --help" and "--token URI": the flags alone, joined by a comma; a command: its words without arguments.
sub key {
	my ($term) = @_;
	my @flags = $term =~ /(?:^|[\s,])(--?[A-Za-z0-9][A-Za-z0-9-]*)/g;
	return join ',', sort @flags if @flags;
	my @words;
	for my $word (split ' ', $term) {
		last if $word !~ /^[a-z][a-z0-9-]*$/;
		push @words, $word;
	}
	return join ' ', @words;
}

# The terms of one --help: key => [term, summary].
sub help {
	my (@command) = @_;
	my %all;
	my $text = do {
		local %ENV = (%ENV, LC_ALL => 'C.UTF-8', LANGUAGE => 'en', COLUMNS => 400);
		open my $in, '-|', $program, @command, (@command && $command[0] eq 'help' ? () : '--help') or die "$program: $!\n";
		local $/;
		<$in>;
	} // '';
	complain(join(' ', '--help of', @command, 'prints nothing')) if $text eq '';
	my $last;
	for my $line (split /\n/, $text) {
		if ($line =~ /^ {2,6}(\S.*?)(?: {2,}(\S.*))?$/ && key($1) ne '') {
			$last = key($1);
			$all{$last} = [ $1, $2 // '' ];
		} elsif ($last && $line =~ /^ {8,}(\S.*)$/) {
			$all{$last}[1] .= ($all{$last}[1] eq '' ? '' : ' ') . $1;
		} else {
			$last = undef;
		}
	}
	# "token COMMAND": the commands of a group are shown by help of their own.
	for my $group (grep { $all{$_}[0] =~ / COMMAND$/ } keys %all) {
		delete $all{$group};
		%all = (%all, %{ help('help', $group) });
	}
	return \%all;
}

# mdoc to plain text, for one line.
sub plain {
	my ($line) = @_;
	$line =~ s/^\.(?:Nm|Cm|Ar|Fl|Pa|Em|Sy|Li|Xr|Dq|Sq|Ev|Va|Dv) //;
	$line =~ s/\\&|\\\|//g;
	$line =~ s/\\-/-/g;
	$line =~ s/\\\(aq/'/g;
	$line =~ s/\\\(dq/"/g;
	$line =~ s/\\e/\\/g;
	return $line;
}

# What .It says, as --help would: "Fl h , Fl -token Ar URI" is "-h, --token URI".
sub term {
	my ($line) = @_;
	$line = plain($line);
	$line =~ s/\bFl (-?[A-Za-z0-9-]+)/-$1/g;
	$line =~ s/\b(?:Cm|Ar|Op|Oo|Oc|Ns)\b ?//g;
	$line =~ s/ ,/,/g;
	return $line;
}

# The lists of the page: { section => { key => summary } }; section "" for commands and common options.
sub lists {
	my (%all, $sh, $ss, $term);
	open my $in, '<', $page or die "$page: $!\n";
	($sh, $ss) = ('', '');
	while (<$in>) {
		chomp;
		if (/^\.Sh (.*)/) { ($sh, $ss, $term) = ($1, '', undef) }
		elsif (/^\.Ss (.*)/) { ($ss, $term) = (key(term($1)), undef) }
		elsif ($sh !~ /^(?:COMMANDS|OPTIONS)$/) { next }
		elsif (/^\.It (.*)/) { $term = term($1) }
		elsif (defined $term && !/^\.(?:Pp|Bl|El|\\")/) {
			$all{$ss}{ key($term) } = plain($_) if key($term) ne '';
			$term = undef;
		}
	}
	return \%all;
}

sub compare {
	my ($what, $help, $man, $common) = @_;
	for my $key (sort keys %$help) {
		my $said = $man->{$key} // ($common ? $common->{$key} : undef);
		if (!defined $said) {
			complain("$what: --help has $key, the page has not");
		} elsif ($said ne $help->{$key}[1]) {
			complain("$what: $key: --help says \"$help->{$key}[1]\", the page \"$said\"");
		}
	}
	for my $key (sort keys %$man) {
		complain("$what: the page has $key, --help has not") if !$help->{$key};
	}
}

my ($top, $man) = (help(), lists());
my @commands = grep { !/^-/ } sort keys %$top;
complain('--help shows no command') if !@commands;
my %of = map { $_ => help(split ' ') } @commands;
# The page tells of all options at once; --help of a command tells of its own.
my %all = (%$top, map { my $help = $_; map { $_ => $help->{$_} } grep { /^-/ } keys %$help } values %of);
compare('top', \%all, $man->{''} // {}) if !grep { $_ ne '' } keys %$man;
compare('top', $top, $man->{''} // {}) if grep { $_ ne '' } keys %$man;
for my $command (@commands) {
	my $help = $of{$command};
	compare($command, $help, $man->{$command} // {}, $man->{''});
}
for my $section (sort keys %$man) {
	complain("the page tells of $section, --help has no such command")
	  if $section ne '' && !grep { $_ eq $section || index($section, "$_ ") == 0 } @commands;
}
exit $bad;
