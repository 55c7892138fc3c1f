package fuzzsearch

import "slices"

// Feature is something that a scenario has which could mislead a search.
type Feature string

// Features of scenarios of kernel code.
const (
	OneCPU        Feature = "1 vCPU"
	TwoCPUs       Feature = "2 vCPUs"
	ThreeCPUs     Feature = "3 vCPUs"
	Hits          Feature = "probes"
	SharedProbe   Feature = "probe on a shared function"
	ReadsMemory   Feature = "handler reads memory"
	WritesMemory  Feature = "handler writes memory"
	WritesCode    Feature = "handler writes code"
	SetsRegister  Feature = "handler sets a register"
	OtherCPU      Feature = "handler reads another vCPU's register"
	ReadsCounts   Feature = "handler reads counts"
	ReadsArmed    Feature = "handler reads armed"
	ReadsLock     Feature = "handler reads held"
	ReadsHalted   Feature = "handler reads halted"
	ReadsKernel   Feature = "handler reads preempt_count, need_resched, signals"
	GuestHandler  Feature = "handler is guest code"
	HandlerClock  Feature = "handler reads a clock"
	Multiprobe    Feature = "multiprobe"
	KprobeEvent   Feature = "kprobe event"
	PostHandler   Feature = "post handler"
	FaultHandler  Feature = "fault handler"
	Registers     Feature = "registers or unregisters a probe"
	TimeStamp     Feature = "time stamp counter"
	RandomNumber  Feature = "RDRAND"
	LazyPage      Feature = "lazy page"
	OwnLock       Feature = "own lock"
	OwnWait       Feature = "own loop that waits"
	Halt          Feature = "hlt"
	FreeInterrupt Feature = "interrupt at any moment"
	PlacedIRQ     Feature = "interrupt at a place"
	NMI           Feature = "nmi"
	Masked        Feature = "interrupts masked"
	SelfModifying Feature = "self-modifying code"
	Prefetch      Feature = "prefetch"
	KernelText    Feature = "kernel text"
	Condition     Feature = "condition"
	EqualCPUs     Feature = "equal vCPUs"
)

// Features of scenarios of Linux programs.
const (
	TwoThreads   Feature = "2 threads"
	ThreeThreads Feature = "3 threads"
	Futex        Feature = "futex"
	Signal       Feature = "signal"
	Clock        Feature = "clock"
	Sleep        Feature = "sleep"
	Mapping      Feature = "munmap, mprotect"
	Output       Feature = "write"
	ExitGroup    Feature = "exit_group"
	Uprobe       Feature = "uprobe"
	Uretprobe    Feature = "uretprobe"
	Quantum      Feature = "quantum"
	Yield        Feature = "sched_yield"
	Fork         Feature = "fork"
	OneCPUOfMany Feature = "threads on 1 vCPU"
)

// Kernel and Program tell the two kinds of scenarios apart.
const (
	Kernel  Feature = "kernel code"
	Program Feature = "Linux program"
)

// all lists the features in the order of the table.
var all = []Feature{
	Kernel, OneCPU, TwoCPUs, ThreeCPUs, Hits, SharedProbe, ReadsMemory, WritesMemory, WritesCode, SetsRegister, OtherCPU, ReadsCounts,
	ReadsArmed, ReadsLock, ReadsHalted, ReadsKernel, GuestHandler, HandlerClock, Multiprobe, KprobeEvent, PostHandler, FaultHandler, Registers, TimeStamp, RandomNumber,
	LazyPage, OwnLock, OwnWait, Halt, FreeInterrupt, PlacedIRQ, NMI, Masked, SelfModifying, Prefetch, KernelText, Condition, EqualCPUs,
	Program, TwoThreads, ThreeThreads, Futex, Signal, Clock, Sleep, Mapping, Output, ExitGroup, Uprobe, Uretprobe, Quantum, Yield, Fork,
	OneCPUOfMany,
}

// merged is the features of several lists, each once, in the table's order.
func merged(lists ...[]Feature) []Feature {
	var out []Feature
	for _, f := range all {
		if slices.ContainsFunc(lists, func(l []Feature) bool { return slices.Contains(l, f) }) {
			out = append(out, f)
		}
	}
	return out
}
