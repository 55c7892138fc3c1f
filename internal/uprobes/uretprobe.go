package uprobes

import (
	"encoding/binary"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// returnInstance is one function whose return is awaited (struct return_instance).
type returnInstance struct {
	uprobe  *uprobe
	addr    uint64 // the function's first instruction
	stack   uint64 // the stack pointer there
	ret     uint64 // where it returns to
	chained bool   // the return address was the trampoline's already: a tail call, or a second probe at the place
}

// alive tells whether the frame is still there when the stack pointer is sp: during a return, or a chained call, it
// may have been popped to its edge (arch_uretprobe_is_alive()).
func (r *returnInstance) alive(sp uint64, onEdge bool) bool {
	return sp < r.stack || onEdge && sp == r.stack
}

// prepareReturn puts the trampoline's address in place of the return address (U13, prepare_uretprobe()).
func (s *System) prepareReturn(t *linux.Thread, ut *task) {
	t.Micro(emu.Micro{Name: "prepare_uretprobe", In: "handler_chain", Alone: true, ID: "U13", Why: "the trampoline's address takes the place of the return address"})
	s.awaitReturn(t, ut)
	s.beforeInstruction(t, ut)
}

func (s *System) awaitReturn(t *linux.Thread, ut *task) {
	mm, c := t.Process().MM(), t.Core()
	a := s.areaOf(mm, 0)
	if a == nil {
		return
	}
	if len(ut.returns) >= MaxReturns {
		s.printk(fmt.Sprintf("uprobe: omit uretprobe due to nestedness limit pid/tgid=%d/%d", t.TID, t.Process().PID))
		return
	}
	ret, ok := s.hijack(mm, c, a.start)
	if !ok {
		return
	}
	chained := ret == a.start
	s.dropDead(ut, c.GPR[x86.RSP], chained)
	if chained {
		if len(ut.returns) == 0 {
			s.warn(t, "handle tail call")
			return
		}
		ret = ut.returns[len(ut.returns)-1].ret
	}
	ut.returns = append(ut.returns, returnInstance{ut.hit, c.RIP, c.GPR[x86.RSP], ret, chained})
}

// hijack exchanges the word on top of the stack for the trampoline's address; false if it cannot.
func (s *System) hijack(mm *mm.MM, c *emu.Core, trampoline uint64) (ret uint64, ok bool) {
	var b [8]byte
	sp, n := c.GPR[x86.RSP], codeWidth(c).Word()
	if !mm.Read(sp, b[:n]) {
		return 0, false
	}
	if ret = binary.LittleEndian.Uint64(b[:]); ret == trampoline {
		return ret, true
	}
	binary.LittleEndian.PutUint64(b[:], trampoline)
	return ret, mm.Write(sp, b[:n])
}

// codeWidth is the width of the code that a thread runs, which a return address has (U15, sizeof_long()).
func codeWidth(c *emu.Core) x86.Arch {
	if c.Code64 != 0 {
		return x86.AMD64
	}
	return x86.I386
}

// dropDead forgets the frames that a longjmp left behind.
func (s *System) dropDead(ut *task, sp uint64, onEdge bool) {
	for n := len(ut.returns); n > 0 && !ut.returns[n-1].alive(sp, onEdge); n-- {
		ut.returns = ut.returns[:n-1]
	}
}

// trampoline runs the handlers of a function that has returned, innermost first, and goes on where it returned to
// (handle_trampoline()).
func (s *System) trampoline(t *linux.Thread, ut *task) {
	t.Micro(emu.Micro{Work: emu.WorkReturn, Name: "handle_trampoline", In: "handle_swbp", Alone: true, ID: "U13", Why: "the function has returned: handlers run, and the thread goes on where it was called from"})
	if len(ut.returns) == 0 {
		s.warn(t, "handle uretprobe, sending SIGILL.")
		t.ForceIll()
		return
	}
	s.account.hit(KindReturn)
	s.account.trap(KindReturn, x86.VecBP)
	c := t.Core()
	for valid := false; !valid && len(ut.returns) > 0; {
		n := ut.chain()
		valid = n == 0 || ut.returns[n-1].alive(c.GPR[x86.RSP], true)
		c.RIP = ut.returns[len(ut.returns)-1].ret
		for len(ut.returns) > n {
			r := &ut.returns[len(ut.returns)-1]
			if valid {
				s.returned(t, r)
			}
			ut.returns = ut.returns[:len(ut.returns)-1]
		}
	}
}

// chain is how many instances lie below the topmost return address's.
func (ut *task) chain() int {
	n := len(ut.returns) - 1
	for n > 0 && ut.returns[n].chained {
		n--
	}
	return n
}

func (s *System) returned(t *linux.Thread, r *returnInstance) {
	for _, c := range r.uprobe.consumers {
		if c.Return != nil {
			c.Return(&Hit{Thread: t, Addr: r.addr, Return: r.ret})
		}
	}
}

func (s *System) warn(t *linux.Thread, what string) {
	s.printk(fmt.Sprintf("uprobe: %s:%d failed to %s", t.Name(), t.TID, what))
}
