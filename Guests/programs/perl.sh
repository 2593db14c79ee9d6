# Shows: perl: fork, pipes, sockets between processes, signals, sorting, regular expressions
perl -e '
use strict; use warnings; use Socket; use POSIX ":sys_wait_h";
$| = 1;
my @kids;
for my $n (1 .. 4) {
  pipe(my $r, my $w) or die;
  my $pid = fork // die;
  if (!$pid) { close $r; my $s = 0; $s += $_ for 1 .. $n * 1000; print $w "$s\n"; exit $n; }
  close $w; push @kids, [$pid, $r];
}
for (@kids) { my $line = readline $_->[1]; waitpid $_->[0], 0; print $? >> 8, " ", $line; }
my %h; $h{$_ % 7} .= $_ for 1 .. 50; print join(",", map { "$_=" . length $h{$_} } sort keys %h), "\n";
local $SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select undef, undef, undef, 5;
(my $t = "a-b-c") =~ s/(\w)-/$1+/g; print "$t\n";
open my $p, "-|", "seq 3 | tac" or die; print <$p>;
socketpair(my $x, my $y, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die "$!";
if (!fork) { syswrite $y, "from the child"; exit 0 } sysread $x, my $b, 99; wait; print "$b\n";
'
