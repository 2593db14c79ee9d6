# Shows: R: regression, matrices, random numbers, data frames, regular expressions and a plot in a file
# Every: 5000
# Limit: 600
export LC_ALL=C HOME=$PWD
cp /usr/lib/R/etc/Renviron.ucf /etc/R/Renviron # its package would have done so
cat >main.R <<'R'
set.seed(42)
x <- 1:100
y <- 3 * x + rnorm(100)
fit <- lm(y ~ x)
cat(sprintf("%.6f\n", coef(fit)))
m <- matrix(runif(400), 20)
cat(sprintf("%.3e\n", max(abs(m %*% solve(m) - diag(20))) < 1e-9))
cat(sprintf("%.6f\n", sum(svd(m)$d)))
frame <- data.frame(k = rep(letters[1:4], 25), v = y)
print(round(tapply(frame$v, frame$k, mean), 4))
cat(sub("(\\w+) (\\w+)", "\\2 \\1", "godwit bar-tailed"), "\n")
cat(system("echo from a process", intern = TRUE), "\n")
pdf("plot.pdf")
plot(x, y)
invisible(dev.off())
cat(readLines("plot.pdf", 1), "\n")
tryCatch(stop("caught"), error = function(e) cat(conditionMessage(e), "\n"))
R
Rscript --vanilla main.R
