# Shows: go: a program with goroutines is built by the guest's own compiler and run
# Limit: 900
# Every: 20000
export HOME=$PWD GOCACHE=$PWD/cache GO111MODULE=off
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os/exec"
	"sort"
	"sync"
	"time"
)

func main() {
	var wait sync.WaitGroup
	results := make(chan int, 16)
	for n := 0; n < 16; n++ {
		wait.Add(1)
		go func(n int) {
			defer wait.Done()
			sum := 0
			for i := 0; i < 100000*(n+1); i++ {
				sum += i % (n + 2)
			}
			time.Sleep(time.Millisecond)
			results <- sum
		}(n)
	}
	wait.Wait()
	close(results)
	var all []int
	for r := range results {
		all = append(all, r)
	}
	sort.Ints(all)
	fmt.Println(all)
	out, err := exec.Command("echo", "from a child").Output()
	fmt.Print(string(out), err, "\n")
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var p *int
		fmt.Println(*p)
	}()
}
GO
go build -o program main.go
./program
