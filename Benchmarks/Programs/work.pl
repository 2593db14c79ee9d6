# Regular expressions.
use strict;
use warnings;

my $text = join '', map { sprintf "user%d\@host%d.example.org, +%05d;\n", $_, $_ % 97, $_ * 7919 % 100_000 } 1 .. 24_000;
my $addresses = () = $text =~ /(\w+)@(\w+)\.example\.org/g;
my %hosts;
$hosts{$1}++ while $text =~ /@(host\d+)\./g;
(my $shorter = $text) =~ s/\d{3,5};/-/g;
my $palindromes = grep { /^(\d)(\d)\d?\2\1$/ } $text =~ /\+(\d+)/g;
my $backwards = 0;
$backwards += length $1 while $text =~ /([a-z]+?\d*?)(?=@|\.)/g;
print join(' ', $addresses, scalar keys %hosts, length $shorter, $palindromes, $backwards), "\n";
