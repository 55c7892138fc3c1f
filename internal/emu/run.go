package emu

import (
	"errors"
	"fmt"
	"math"

	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// RunStop says why Run ended.
type RunStop uint8

// Ends of Run.
const (
	RunBound RunStop = iota // as many instructions ran as were asked for
	RunStep                 // what comes next needs Step
)

func (s RunStop) String() string { return [...]string{"bound", "step"}[s] }

// Run runs up to limit instructions of vCPU id, without events: in package interp
// the first few, and what the library does not run as processors do with what lies
// between (stretch); all others at the library's full speed, where it is there. It
// is exact: state and clocks (Seq, Retired, TSC) are as
// after the n calls of Step that it stands for; one iteration of a REP string
// instruction counts as one, as there.
//
// It ends early (RunStep) where the next step is not a plain instruction: one
// that the machine runs itself (system calls, hypercalls, INT3, IRET, ...), a
// fault, a pending trap or interrupt, the single-step flag, armed debug
// registers, a store to a page that code was run from, any instruction of a
// machine with a prefetch window or store buffers; and a few instructions
// before limit, since it does not cut basic blocks. Whoever wants to go on
// calls Step once and Run again.
//
// One thing differs from Step: an unaligned SSE access of 16 bytes across two
// pages of which one refuses it may leave half of its register or memory
// written when the fault is raised.
func (m *Machine) Run(id int, limit uint64) (n uint64, why RunStop) {
	c := m.CPUs[id]
	if m.err != nil || m.prefetch > 0 || m.Buffers() || !c.runsFreely() {
		return 0, RunStep
	}
	if unicorn.Available() {
		n = m.runFreely(c, limit)
	} else {
		n, _ = m.stretch(c, min(limit, longStretch), math.MaxInt)
	}
	m.Seq += n
	c.Retired += n
	c.Sys.TSC += n
	if n < limit {
		return n, RunStep
	}
	return n, RunBound
}

// runFreely is Run with the library, but for the clocks.
func (m *Machine) runFreely(c *CPU, limit uint64) uint64 {
	c.Core.CR0 = uint32(c.Sys.CR0 & (CR0MP | CR0EM | CR0TS))
	n, step := m.stretch(c, limit, stretchPatience)
	for !step && n < limit {
		r, err := c.Space.runner(c.User())
		if err != nil {
			m.fail(err)
			break
		}
		ran, more, err := r.run(c, limit-n)
		if err != nil {
			m.fail(err)
			break
		}
		n += ran
		if !more {
			ran, step = m.stretch(c, limit-n, stretchPatience)
			n += ran
			step = step || ran == 0
		}
	}
	return n
}

// runsFreely reports whether nothing but c's instructions decides what it
// does next.
func (c *CPU) runsFreely() bool {
	return c.Shutdown == "" && !c.Halted && c.nPending == 0 && !c.interrupted() && c.Shadow == 0 &&
		c.heldDR6 == 0 && c.RFLAGS&(x86.TF|x86.RF) == 0 && c.Sys.DR[7]&0xff == 0 && c.Canonical(c.LinearPC()) &&
		!c.checked() && c.codeMode() == c.Space.runs && (c.Code64 != 0 || c.Seg[x86.CS].Limit == 0xffffffff)
}

// run runs c once in the library and says whether it should go on.
func (r *runner) run(c *CPU, limit uint64) (n uint64, more bool, err error) {
	start := c.LinearPC()
	switch b, err := r.block(start); {
	case errors.Is(err, unicorn.ErrFull):
		return 0, true, r.renew()
	case err != nil || b == nil || b.insns == 0 || uint64(b.insns) > limit:
		return 0, false, err
	}
	if c.Code64 == 0 && (r.fs && !full(&c.Seg[x86.FS]) || r.gs && !full(&c.Seg[x86.GS])) {
		return 0, false, nil
	}
	var p unicorn.Progress
	x := &c.x
	if r.fpu {
		if err := c.lendExtended(r.lib.Engine); err != nil {
			return 0, false, err
		}
	}
	r.lib.Run(c.ctx, &c.Core, x, &p, limit)
	c.RIP = c.cutCode(c.RIP) // see retire
	c.on = nil
	for _, va := range r.lib.Dirty(&p) {
		if e := r.space.entry(r.space.mask(va)); e != nil {
			r.space.mem.MarkDirty(e.pte.Frame)
		}
	}
	n = p.Executed
	switch x.Status {
	case unicorn.OK:
		return n, p.Refused == 0 || limit > unicorn.MaxBudget, nil
	case unicorn.StepOnly:
		return n, false, nil
	case unicorn.Unverified:
		if n == 0 && c.LinearPC() == start {
			return 0, false, fmt.Errorf("the block at %#x was not taken", start)
		}
		return n, true, nil
	case unicorn.Full:
		return n, true, r.renew()
	case unicorn.Dead:
		if len(r.avoid) == maxAborts {
			return n, false, fmt.Errorf("the translator aborted %d times, now at %#x", maxAborts+1, c.LinearPC())
		}
		r.avoid[c.LinearPC()] = true
		return n, true, r.renew()
	case unicorn.Error:
		return n, false, fmt.Errorf("error %d at %#x", x.Vector, c.LinearPC())
	case unicorn.Mem:
		if x.MemKind == unicorn.FetchUnmapped || x.MemKind == unicorn.FetchProt {
			more, err = r.ask(x, accessFetch)
			return n, more, err
		}
		switch x.MemKind {
		case unicorn.WriteProt:
			more, err = r.widen(x.MemAddr)
		case unicorn.ReadUnmapped:
			more, err = r.ask(x, accessRead)
		case unicorn.WriteUnmapped:
			more, err = r.ask(x, accessWrite)
		}
	}
	if err == nil {
		var done int
		done, err = r.done(p.Block, c.LinearPC())
		n += uint64(done) - uint64(p.BlockInsns)
	}
	return n, more, err
}

// maxAborts bounds the instances that are lost, and leaked, because the
// translator aborts on bytes that the decoder let through.
const maxAborts = 16

// renew puts a new instance in the place of one that is full or lost.
func (r *runner) renew() error {
	s := r.space
	n, err := newRunner(s, r.user)
	if err != nil {
		return err
	}
	n.avoid, n.lazy = r.avoid, r.lazy
	r.close()
	for i := range s.runners {
		if s.runners[i] == r {
			s.runners[i] = n
		}
	}
	return nil
}
