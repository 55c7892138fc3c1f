// Goroutines on threads, channels, garbage, timers, a fault that becomes a
// panic, and a loop that only a signal can interrupt.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	fmt.Println("hello", strings.ToUpper("world"))
	var wg sync.WaitGroup
	res := make([]int, 8)
	for i := range res {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 200000; j++ {
				res[i] += j % (i + 1)
			}
		}()
	}
	wg.Wait()
	fmt.Println(res)
	ch := make(chan int)
	go func() {
		for i := range 5 {
			ch <- i
		}
		close(ch)
	}()
	for v := range ch {
		fmt.Print(v, " ")
	}
	fmt.Println(math.Sqrt(2), math.Sin(1))
	m := map[string]int{}
	for i := range 1000 {
		m[fmt.Sprint(i)] = i
		_ = make([]byte, 10000)
	}
	runtime.GC()
	keys := []string{}
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	fmt.Println(len(keys), keys[:3])
	time.Sleep(time.Millisecond)
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var p *int
		*p = 1
	}()
	var stop atomic.Bool
	go func() {
		time.Sleep(5 * time.Millisecond)
		stop.Store(true)
	}()
	for !stop.Load() {
	}
	fmt.Fprintln(os.Stderr, "bye")
	os.Exit(7)
}
