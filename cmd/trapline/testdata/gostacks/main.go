// Gostacks has goroutines whose stacks grow and move while they are deep in calls, and garbage collections that unwind
// them. It prints how often grow and leaf were called.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

var grows, leaves atomic.Int64

//go:noinline
func grow(n int) int {
	grows.Add(1)
	var room [256]byte
	room[n%256] = byte(n)
	switch {
	case n == 0:
		runtime.GC()
		return leaf(&room[0])
	case n%7 == 0:
		return grow(n-1) + int(room[n%256]&1)
	}
	return grow(n-1) - 1
}

//go:noinline
func leaf(b *byte) (n int) {
	leaves.Add(1)
	defer func() {
		if recover() != nil {
			n = 1
		}
	}()
	if *b == 0 {
		panic("recovered")
	}
	return int(*b)
}

func main() {
	var all sync.WaitGroup
	var sum atomic.Int64
	for i := range 6 {
		all.Add(1)
		go func() {
			defer all.Done()
			sum.Add(int64(grow(20 + 40*i)))
		}()
	}
	all.Wait()
	fmt.Println("sum", sum.Load(), "grow", grows.Load(), "leaf", leaves.Load())
}
