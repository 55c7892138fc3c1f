package main

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
)

// Shares of a bound on memory. The collector keeps what Go holds below
// heapShare of it; what is in use must leave it a quarter of that to work with,
// or else it would run all the time.
const (
	heapShare  = 0.95
	headroom   = 1.25
	gcPercent  = 400
	liveHeap   = "/gc/heap/live:bytes"
	goTotal    = "/memory/classes/total:bytes"
	goReleased = "/memory/classes/heap/released:bytes"
)

// boundMemory makes the collector respect a bound on the process's resident
// memory, in bytes, until release is called. needed is how many bytes the
// process needs, or has: when they pass the bound it has to stop.
func boundMemory(limit int) (needed func() int, release func()) {
	samples := []metrics.Sample{{Name: liveHeap}, {Name: goTotal}, {Name: goReleased}}
	measure := func() (live, other, resident int) {
		metrics.Read(samples)
		held := int(samples[1].Value.Uint64() - samples[2].Value.Uint64())
		resident = residentBytes()
		if resident == 0 { // no procfs
			resident = held
		}
		return int(samples[0].Value.Uint64()), max(resident-held, 0), resident
	}
	_, other, _ := measure()
	percent := debug.SetGCPercent(gcPercent) // the limit says when to collect, not the heap's growth
	before := debug.SetMemoryLimit(max(int64(heapShare*float64(limit))-int64(other), 1))
	needed = func() int {
		live, other, resident := measure()
		return max(resident, other+int(headroom*float64(live)))
	}
	return needed, func() {
		debug.SetMemoryLimit(before)
		debug.SetGCPercent(percent)
	}
}

// residentBytes is the process's resident memory (proc(5), statm), or 0.
func residentBytes() int {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n * os.Getpagesize()
}
