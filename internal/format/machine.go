package format

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Machine is what the scenario runs on.
//
//	"arch" ( "i386" | "x86_64" )      of the code, and of the machine
//	"kernel" ( "i386" | "x86_64" )    of a Linux program: the kernel's, if that is not arch
//	"cpus" 1…8
//	"engine" NAME                     how probes work: none, 2002, …; of a Linux program uprobes, …
//	"memory" SIZE                     physical memory; SIZE is bytes, or with K or M
//	"vendor" ( "amd" | "intel" )      whose processor it is where they differ (U10)
//	"cpuid" ( "v1" | "v2" | "v3" )    which extensions the processor has and shows
//	"prefetch" N                      bytes of code that a vCPU fetches ahead (P13): 0…32
//	"memory-model" ( "sc" | "tso" [ N ] )    N is how many stores a vCPU's buffer holds (T2)
//	"split-rmw"                       instructions without LOCK that read and write memory are two accesses (T3)
//	"base" ADDR                       where text.S is put
//	"gate" VECTOR [ "interrupt" | "trap" | "absent" ] [ "dpl" 0…3 ]    after the engine has set the gates
//	"steps" N                         bound on steps of the run
//	"time" DURATION                   bound on the time it takes, such as 10s
type Machine struct {
	Arch   string
	Kernel string // of a Linux program; "": as Arch
	CPUs   int
	Engine string
	Memory uint64 // bytes; 0: the machine's default
	Base   *Expr  // nil: the architecture's default
	Gates  []Gate
	Steps  int
	Time   time.Duration

	Prefetch int // bytes
	// StoreBuffer is how many stores a vCPU's buffer holds; 0: memory is
	// sequentially consistent.
	StoreBuffer int
	SplitRMW    bool // see emu.Config
	Vendor      string
	CPUID       string // one of CPUIDLevels

	EnginePos, KernelPos Pos
}

// Gate changes one entry of the IDT.
type Gate struct {
	Vector int
	Type   string // "interrupt", "trap", "absent", or "" to leave it
	DPL    int    // -1 to leave it
	Pos    Pos
}

// Bounds of a run, and what they are unless the file says otherwise.
const (
	MaxSteps      = 100_000_000
	MaxTime       = time.Hour
	MaxMemory     = 1 << 30
	MaxPrefetch   = 32
	MaxStores     = 64 // in a vCPU's buffer
	DefaultStores = 8
	DefaultSteps  = 200_000
	DefaultTime   = 20 * time.Second
)

// Architectures that a scenario may name.
var Architectures = []string{"i386", "x86_64"}

// Vendors are whose processors a scenario may name.
var Vendors = []string{"amd", "intel"}

// MemoryModels are those that a scenario may name.
var MemoryModels = []string{"sc", "tso"}

// CPUIDLevels are the sets of extensions that a scenario may name (emu.Level).
var CPUIDLevels = []string{"v1", "v2", "v3"}

var machineKeys = []string{"arch", "kernel", "vendor", "cpuid", "cpus", "engine", "memory", "base", "gate", "steps", "time", "prefetch", "memory-model", "split-rmw"}

func defaultMachine() Machine {
	return Machine{
		Arch: "i386", Vendor: "amd", CPUID: "v2", CPUs: 1, Steps: DefaultSteps, Time: DefaultTime, EnginePos: Pos{Line: 1, Col: 1},
	}
}

func (f *File) parseMachine(lines []line) error {
	seen := map[string]bool{}
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		start, _ := w.peek()
		key, err := w.choice("key", machineKeys)
		if err != nil {
			return err
		}
		if seen[key] && key != "gate" {
			return l.at(start.at).errorAt("each key once", "a second %q", key)
		}
		seen[key] = true
		if err := f.Machine.parseKey(key, w); err != nil {
			return err
		}
		if err := w.done(); err != nil {
			return err
		}
	}
	return nil
}

func (m *Machine) parseKey(key string, w *words) (err error) {
	switch key {
	case "arch":
		m.Arch, err = w.choice("architecture", Architectures)
	case "kernel":
		x, _ := w.peek()
		m.KernelPos = w.line.at(x.at)
		m.Kernel, err = w.choice("architecture", Architectures)
	case "vendor":
		m.Vendor, err = w.choice("vendor", Vendors)
	case "cpuid":
		m.CPUID, err = w.choice("level", CPUIDLevels)
	case "cpus":
		m.CPUs, err = w.integer("a number of cpus", 1, 8)
	case "engine":
		x, _ := w.peek()
		m.EnginePos = w.line.at(x.at)
		x, err = w.next("the name of an engine")
		m.Engine = x.text
	case "memory":
		m.Memory, err = w.size("memory", MaxMemory)
	case "base":
		var x Expr
		x, err = w.rest("an address")
		m.Base = &x
	case "gate":
		var g Gate
		g, err = parseGate(w)
		m.Gates = append(m.Gates, g)
	case "prefetch":
		m.Prefetch, err = w.integer("a number of bytes", 0, MaxPrefetch)
	case "split-rmw":
		m.SplitRMW = true
	case "memory-model":
		m.StoreBuffer, err = parseModel(w)
	case "steps":
		m.Steps, err = w.integer("a number of steps", 1, MaxSteps)
	case "time":
		m.Time, err = w.duration()
	}
	return err
}

// parseModel gives the number of stores that a vCPU's buffer holds.
func parseModel(w *words) (int, error) {
	model, err := w.choice("memory model", MemoryModels)
	if err != nil || model == "sc" {
		return 0, err
	}
	if _, more := w.peek(); !more {
		return DefaultStores, nil
	}
	return w.integer("a number of stores", 1, MaxStores)
}

func parseGate(w *words) (Gate, error) {
	g := Gate{DPL: -1, Pos: w.line.at(0)}
	var err error
	if g.Vector, err = w.integer("a vector", 0, 255); err != nil {
		return g, err
	}
	for {
		x, more := w.peek()
		if !more {
			break
		}
		kind, err := w.choice("gate property", []string{"interrupt", "trap", "absent", "dpl"})
		if err != nil {
			return g, err
		}
		if kind != "dpl" {
			if g.Type != "" {
				return g, w.line.at(x.at).errorAt("dpl, or the end of the line", "a second type")
			}
			g.Type = kind
		} else if g.DPL, err = w.integer("a privilege level", 0, 3); err != nil {
			return g, err
		}
	}
	if g.Type == "" && g.DPL < 0 {
		return g, w.line.at(len(w.line.text)).errorAt("interrupt, trap, absent or dpl N", "a gate that changes nothing")
	}
	return g, nil
}

// size takes a number of bytes, from 1 to limit.
func (w *words) size(what string, limit uint64) (uint64, error) {
	want := fmt.Sprintf("a size such as 4096, 64K or 16M, at most %d bytes", limit)
	x, err := w.next(want)
	if err != nil {
		return 0, err
	}
	digits, unit := x.text, uint64(1)
	for suffix, factor := range map[string]uint64{"K": 1 << 10, "M": 1 << 20} {
		if d, ok := strings.CutSuffix(x.text, suffix); ok {
			digits, unit = d, factor
		}
	}
	n, err := strconv.ParseUint(digits, 0, 32)
	if err != nil || n == 0 || n*unit > limit {
		return 0, w.line.at(x.at).errorAt(want, "%s of %q", what, x.text)
	}
	return n * unit, nil
}

func (w *words) duration() (time.Duration, error) {
	want := "a time such as 500ms or 10s, at most 1h"
	x, err := w.next(want)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(x.text)
	if err != nil || d <= 0 || d > MaxTime {
		return 0, w.line.at(x.at).errorAt(want, "time of %q", x.text)
	}
	return d, nil
}
