package scenarios

import (
	"fmt"
	"strings"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes/props"
)

// transparency is the property that a run ends as the same scenario does on a
// stock kernel without probes (S4): how each task ended, general registers,
// arithmetic flags, TF, IF and DF, and all of the scenario's memory but the
// probes' own bytes and the dead stack below the stack pointer. It names the
// first difference.
type transparency struct{ run *Run }

func (*transparency) Name() string                       { return props.Transparency }
func (*transparency) Step(*emu.Event) *explore.Violation { return nil }

// End runs the scenario without probes and compares. A run that never ended
// has nothing to compare.
func (p *transparency) End() *explore.Violation {
	if d := p.run.Done(); d == endDeadlock || d == endLivelock {
		return nil
	}
	d, err := p.compare()
	if err != nil {
		d = "no run to compare with: " + err.Error()
	}
	if d == "" {
		return nil
	}
	return &explore.Violation{Property: p.Name(), What: d}
}

func (p *transparency) compare() (string, error) { return p.run.base.compare(p.run) }

// flagsCompared leaves out RF and what no instruction reads.
const flagsCompared = emu.FlagsStatus | emu.TF | emu.IF | emu.DF | emu.NT | emu.AC

// difference describes the first difference between two ends, or "".
func (r kernelWorld) difference(base *Run) string {
	for cpu := range r.File.taskCPUs() {
		if d := r.cpuDifference(kernelWorld{base}, cpu); d != "" {
			return fmt.Sprintf("cpu%d: %s", cpu, d)
		}
	}
	return r.memoryDifference(base)
}

func (r kernelWorld) cpuDifference(base kernelWorld, cpu int) string {
	probed, plain := r.Machine.CPUs[cpu], base.Machine.CPUs[cpu]
	if a, b := r.endKind(cpu), base.endKind(cpu); a != b {
		return fmt.Sprintf("%s, without probes %s", r.outcome(cpu), base.outcome(cpu))
	}
	if r.operates(cpu) || probed.Shutdown != "" && !r.Kernel.Tasks[cpu].Done {
		return "" // registers hold what the kernel's functions left in them
	}
	for i := range emu.GPRCount(r.Machine.Arch) {
		if a, b := probed.GPR[i], plain.GPR[i]; a != b {
			return fmt.Sprintf("%s is %#x, without probes %#x", emu.Reg(i).Name(r.Machine.Arch), a, b)
		}
	}
	if (probed.RFLAGS^plain.RFLAGS)&flagsCompared != 0 {
		return fmt.Sprintf("flags are %s, without probes %s", emu.FormatFlags(probed.RFLAGS), emu.FormatFlags(plain.RFLAGS))
	}
	return ""
}

// operates reports whether the task of a vCPU registers probes itself.
func (r *Run) operates(cpu int) bool {
	for i := range r.File.Tasks {
		if t := &r.File.Tasks[i]; t.CPU == cpu {
			return t.Operates()
		}
	}
	return false
}

// endKind is how a task ended without where.
func (r kernelWorld) endKind(cpu int) string {
	kind, _, _ := strings.Cut(r.outcome(cpu), " at ")
	return kind
}

// memoryDifference looks at code, data, regions and live stacks.
func (r *Run) memoryDifference(base *Run) string {
	for _, a := range r.areas() {
		for at := a.low; at < a.high; at++ {
			x, y := r.byteAt(at), base.byteAt(at)
			if x == y || r.probeByte(at) {
				continue
			}
			return fmt.Sprintf("the byte at %s is %02x, without probes %02x", r.names.Addr(at), x, y)
		}
	}
	return ""
}

// areas are the memory that the scenario itself uses.
func (r *Run) areas() []area {
	var list []area
	for _, s := range r.segments {
		list = append(list, area{s.low, s.high})
	}
	for cpu := range r.File.taskCPUs() {
		c := r.Machine.CPUs[cpu]
		if s := r.stacks[cpu]; s.high != 0 && c.User() {
			list = append(list, area{max(s.low, c.LinearSP()), s.high})
		} else if s.high != 0 {
			list = append(list, s)
		}
	}
	return list
}

// byteAt reads memory, that of lazy pages even before they are present.
func (r *Run) byteAt(at uint64) byte {
	var b [1]byte
	if r.Machine.CPUs[0].Space.Peek(at, b[:]) == 0 {
		if p, ok := r.lazy[at/emu.PageSize]; ok {
			return r.Machine.Mem.Bytes(p.frame)[at%emu.PageSize]
		}
	}
	return b[0]
}

func (r *Run) probeByte(at uint64) bool {
	_, ok := r.original[at]
	return ok
}

// noteSegments remembers where code, data and regions are.
func (b *builder) noteSegments() error {
	for i := range b.image.Segments {
		s := &b.image.Segments[i]
		b.run.segments = append(b.run.segments, area{s.Addr, s.End()})
	}
	for i := range b.file.Memory {
		m, at := &b.file.Memory[i], b.own[i].Addr
		b.run.segments = append(b.run.segments, area{at, at + m.Size})
	}
	return nil
}
