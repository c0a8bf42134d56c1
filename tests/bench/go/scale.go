// Go's side of `tools/bench scale`: one thing in large numbers.
//
//	scale ROW N ns|bytes
//
// Rows have the same names and do the same work as those in tests/bench/primitives/scale.cc.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

func cpuNs() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var total, pages int64
	fmt.Sscan(string(text), &total, &pages)
	return pages * int64(os.Getpagesize())
}

type peak struct{ before, bytes int64 }

func (p *peak) measure() { p.bytes = residentBytes() - p.before }

func parked(n int, p *peak) {
	release := make(chan struct{})
	var started, ended sync.WaitGroup
	started.Add(n)
	ended.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			started.Done()
			<-release
			ended.Done()
		}()
	}
	started.Wait()
	p.measure()
	close(release)
	ended.Wait()
}

func spawnedInTurn(n int, p *peak) {
	for i := 0; i < n; i++ {
		var ended sync.WaitGroup
		ended.Add(1)
		go func() { ended.Done() }()
		ended.Wait()
	}
	p.measure()
}

func channelWaiters(n int, p *peak) {
	channel := make(chan int)
	var ended sync.WaitGroup
	ended.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			<-channel
			ended.Done()
		}()
	}
	p.measure()
	for i := 0; i < n; i++ {
		channel <- i
	}
	ended.Wait()
}

func contextChildren(n int, p *peak) {
	parent, cancel := context.WithCancel(context.Background())
	children := make([]context.CancelFunc, 0, n)
	for i := 0; i < n; i++ {
		_, child := context.WithCancel(parent)
		children = append(children, child)
	}
	p.measure()
	for i := 0; i < n; i += 2 {
		children[i]()
	}
	cancel()
}

func timers(n int, p *peak) {
	var fired sync.WaitGroup
	all := make([]*time.Timer, 0, n)
	random := uint32(1)
	for i := 0; i < n; i++ {
		random = random*1664525 + 1013904223
		fired.Add(1)
		wait := time.Second + time.Duration(random>>12)*time.Microsecond
		all = append(all, time.AfterFunc(wait, fired.Done))
	}
	p.measure()
	for i := 0; i < n; i += 2 {
		if all[i].Stop() {
			fired.Done()
		}
	}
	fired.Wait()
}

var rows = map[string]func(n int, p *peak){
	"goroutines_parked":  parked,
	"goroutines_in_turn": spawnedInTurn,
	"channel_waiters":    channelWaiters,
	"context_children":   contextChildren,
	"timers":             timers,
}

func main() {
	if len(os.Args) != 4 || rows[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: scale ROW N ns|bytes")
		os.Exit(2)
	}
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	runtime.GOMAXPROCS(2)
	p := peak{before: residentBytes()}
	before := cpuNs()
	rows[os.Args[1]](n, &p)
	figure := p.bytes
	if os.Args[3] == "ns" {
		figure = cpuNs() - before
	}
	fmt.Println(float64(figure) / float64(n))
}
