package transparent

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/silicon"
	"trapline/internal/x86"
)

// Result is what a run left behind, and how often each instruction ran.
type Result struct {
	Ended string // why it did not reach its end, or ""
	Core  emu.Core
	FPU   [512]byte // x87 and SSE state as FXSAVE stores it

	Code, Data, Stack []byte // the regions
	ReadsDeadStack    bool   // an instruction read what lay below the stack pointer
	live              []bool // bytes of the stack that the program keeps

	Executions map[uint64]uint64 // by address in the code region; an iteration of REP counts
	Stats      map[uint64]kprobes.Stats
}

// Addresses lists the instructions that ran.
func (r *Result) Addresses() []uint64 {
	return slices.Sorted(maps.Keys(r.Executions))
}

// Compare says in what a run with probes differs from plain, the run without;
// "" if in nothing.
func (r *Result) Compare(plain *Result, probes []uint64) string {
	if r.Ended != plain.Ended {
		return fmt.Sprintf("ended: %q instead of %q", r.Ended, plain.Ended)
	}
	if r.Core != plain.Core {
		return "registers: " + differentRegisters(&r.Core, &plain.Core)
	}
	if r.FPU != plain.FPU {
		return "x87 or SSE state"
	}
	code := bytes.Clone(plain.Code)
	for _, at := range probes {
		code[at-silicon.CodeBase] = silicon.Filler // INT3: armed again
	}
	for _, m := range []struct {
		name      string
		got, want []byte
	}{{"code", r.Code, code}, {"data", r.Data, plain.Data}, {"stack", r.Stack, plain.Stack}} {
		for i := range m.got {
			if m.got[i] != m.want[i] && (m.name != "stack" || plain.live[i]) {
				return fmt.Sprintf("%s at offset %#x: %02x instead of %02x", m.name, i, m.got[i], m.want[i])
			}
		}
	}
	for _, at := range probes {
		want, got := plain.Executions[at], r.Stats[at]
		if got.Hits != want || got.Posts != want || got.Executions != want || got.Missed+got.Reentrant != 0 {
			return fmt.Sprintf("counts at %#x: %+v for %d executions", at, got, want)
		}
	}
	return ""
}

func differentRegisters(got, want *emu.Core) string {
	for i := range got.GPR {
		if got.GPR[i] != want.GPR[i] {
			return fmt.Sprintf("%s %#x instead of %#x", x86.Reg(i).Name(x86.AMD64), got.GPR[i], want.GPR[i])
		}
	}
	if got.RFLAGS != want.RFLAGS {
		return fmt.Sprintf("flags %s instead of %s", x86.FormatFlags(got.RFLAGS), x86.FormatFlags(want.RFLAGS))
	}
	return fmt.Sprintf("%+v instead of %+v", *got, *want)
}
