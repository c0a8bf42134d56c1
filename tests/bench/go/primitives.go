// Go's side of `tools/bench primitives`: runs one row and prints nanoseconds of CPU per operation.
//
//	primitives ROW PROCS
//
// Rows have the same names and do the same work as those in primitive_rows.cc.
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

func spawnJoin(n int) {
	for i := 0; i < n/100; i++ {
		var group sync.WaitGroup
		group.Add(100)
		for j := 0; j < 100; j++ {
			go func() { group.Done() }()
		}
		group.Wait()
	}
}

func channel(n, capacity, pairs int) {
	c := make(chan int, capacity)
	var group sync.WaitGroup
	group.Add(2 * pairs)
	for p := 0; p < pairs; p++ {
		go func() {
			for i := 0; i < n/pairs; i++ {
				c <- i
			}
			group.Done()
		}()
		go func() {
			for i := 0; i < n/pairs; i++ {
				<-c
			}
			group.Done()
		}()
	}
	group.Wait()
}

func selectOf2(n int) {
	a, b := make(chan int), make(chan int)
	feed := func(c chan int) {
		for i := 0; i < n/2; i++ {
			c <- i
		}
	}
	go feed(a)
	go feed(b)
	for i := 0; i < n/2*2; i++ {
		select {
		case <-a:
		case <-b:
		}
	}
}

func selectOf8(n int) {
	var c [8]chan int
	for i := range c {
		c[i] = make(chan int)
		go func(c chan int) {
			for i := 0; i < n/8; i++ {
				c <- i
			}
		}(c[i])
	}
	for i := 0; i < n/8*8; i++ {
		select {
		case <-c[0]:
		case <-c[1]:
		case <-c[2]:
		case <-c[3]:
		case <-c[4]:
		case <-c[5]:
		case <-c[6]:
		case <-c[7]:
		}
	}
}

func selectReady(n int) {
	a, b := make(chan int, 1), make(chan int, 1)
	for i := 0; i < n; i++ {
		select {
		case a <- i:
		case b <- i:
		}
		select {
		case <-a:
		case <-b:
		}
	}
}

func selectDefault(n int) {
	c := make(chan int)
	for i := 0; i < n; i++ {
		select {
		case <-c:
		default:
		}
	}
}

var shared int

func mutex(n, tasks int) {
	var mu sync.Mutex
	var group sync.WaitGroup
	group.Add(tasks)
	for t := 0; t < tasks; t++ {
		go func() {
			for i := 0; i < n/tasks; i++ {
				mu.Lock()
				shared++
				mu.Unlock()
			}
			group.Done()
		}()
	}
	group.Wait()
}

func rwRead(n int) {
	var mu sync.RWMutex
	for i := 0; i < n; i++ {
		mu.RLock()
		mu.RUnlock()
	}
}

func rwWrite(n int) {
	var mu sync.RWMutex
	for i := 0; i < n; i++ {
		mu.Lock()
		mu.Unlock()
	}
}

func addDone(n int) {
	var group sync.WaitGroup
	for i := 0; i < n; i++ {
		group.Add(1)
		group.Done()
	}
}

func once(n int) {
	var once sync.Once
	for i := 0; i < n; i++ {
		once.Do(func() {})
	}
}

func condPingPong(n int) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	turn := 0
	var group sync.WaitGroup
	group.Add(2)
	for t := 0; t < 2; t++ {
		go func(own int) {
			for i := 0; i < n; i++ {
				mu.Lock()
				for turn != own {
					cond.Wait()
				}
				turn = 1 - own
				mu.Unlock()
				cond.Signal()
			}
			group.Done()
		}(t)
	}
	group.Wait()
}

func withCancel(n int) {
	for i := 0; i < n; i++ {
		_, cancel := context.WithCancel(context.Background())
		cancel()
	}
}

// One operation is a cancel that reaches 1000 children.
func cancelTo1000(n int) {
	for i := 0; i < n; i++ {
		parent, cancel := context.WithCancel(context.Background())
		for j := 0; j < 1000; j++ {
			_, drop := context.WithCancel(parent)
			_ = drop
		}
		cancel()
	}
}

// Not nanoseconds but bytes: resident memory per goroutine that only waits.
func idleMemory(n int) float64 {
	release := make(chan struct{})
	var started sync.WaitGroup
	before := resident()
	started.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			started.Done()
			<-release
		}()
	}
	started.Wait()
	time.Sleep(20 * time.Millisecond)
	bytes := float64(resident()-before) / float64(n)
	close(release)
	return bytes
}

func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var total, pages int64
	fmt.Sscan(string(text), &total, &pages)
	return pages * int64(os.Getpagesize())
}

type row struct {
	n   int
	run func(n int)
}

var rows = map[string]row{
	"spawn_join":      {200_000, spawnJoin},
	"chan_unbuffered": {200_000, func(n int) { channel(n, 0, 1) }},
	"chan_buffered":   {1_000_000, func(n int) { channel(n, 100, 1) }},
	"chan_4p4c":       {1_000_000, func(n int) { channel(n, 100, 4) }},
	"select_2":        {200_000, selectOf2},
	"select_8":        {100_000, selectOf8},
	"select_ready":    {500_000, selectReady},
	"select_default":  {4_000_000, selectDefault},
	"mutex":           {4_000_000, func(n int) { mutex(n, 1) }},
	"mutex_8":         {2_000_000, func(n int) { mutex(n, 8) }},
	"rwmutex_read":    {4_000_000, rwRead},
	"rwmutex_write":   {4_000_000, rwWrite},
	"waitgroup":       {4_000_000, addDone},
	"once":            {10_000_000, once},
	"cond":            {100_000, condPingPong},
	"with_cancel":     {200_000, withCancel},
	"cancel_1000":     {100, cancelTo1000},
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: primitives ROW PROCS")
		os.Exit(2)
	}
	procs, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	runtime.GOMAXPROCS(procs)
	if os.Args[1] == "idle_memory" {
		fmt.Println(idleMemory(100_000))
		return
	}
	row, known := rows[os.Args[1]]
	if !known {
		os.Exit(2) // not every peer has all rows
	}
	row.run(row.n / 10)
	before := cpuNs()
	row.run(row.n)
	fmt.Println(float64(cpuNs()-before) / float64(row.n))
}
