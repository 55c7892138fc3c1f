package walk

import (
	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// Called is a level of a vCPU's call chain.
type Called struct {
	At string `json:"at"` // where it goes on; of the first level, where the vCPU stands
	// Trap is the trap, or "signal", that interrupted it; "": it called what is above it.
	Trap string `json:"trap,omitempty"`
	// Maybe: the word on the stack lies behind a call, but nothing shows that it is
	// not left over from an earlier one.
	Maybe bool `json:"maybe,omitempty"`
	// Return: a return probe has put its trampoline in the place of the caller's address.
	Return bool `json:"return,omitempty"`
}

// Bounds of a call chain.
const (
	maxChain      = 64  // levels
	maxChainWords = 512 // of the stack, between two frames of traps
)

// unwinding follows a stack from its top. Code is built with and without frame
// pointers, so return addresses are looked for: a word that lies behind a call. It is
// one for certain if that call leads to the function of the level above, or if the
// frame pointers lead to it.
type unwinding struct {
	w        *Walk
	c        *emu.CPU
	mode     insn.Mode // of the code at the level under way, whose words the stack has
	in       uint64    // an address in the function of the last certain level; 0: not known
	sp, bp   uint64
	list     []level
	complete bool // the bottom of the stack is reached

	trampoline uint64
}

// level is a Called with where its address lies on the stack; 0: in a register.
type level struct {
	Called
	pc, where uint64
}

// chain is the call chain of a vCPU, the innermost level first.
func (w *Walk) chain(cpu int) []Called {
	var l []Called
	for _, x := range w.unwind(cpu) {
		l = append(l, x.Called)
	}
	return l
}

func (w *Walk) unwind(cpu int) []level {
	c := w.Run.Machine.CPUs[cpu]
	if !w.world.hasStack(cpu) {
		return nil
	}
	pc := c.LinearPC()
	u := &unwinding{w: w, c: c, mode: w.mode(c), in: pc, sp: c.LinearSP(), bp: c.GPR[x86.RBP], trampoline: w.world.trampoline(cpu)}
	if addr, ok := w.world.original(cpu); ok {
		u.in = addr
	}
	u.list = []level{{Called{At: w.Place(pc)}, pc, 0}}
	for _, f := range w.world.interrupted(cpu) {
		if f.base < u.sp || f.base-u.sp > maxChainWords*u.word() {
			u.in = 0 // another stack
		} else {
			u.scan(f.base)
		}
		if u.complete || !u.resume(f) {
			return u.list
		}
	}
	u.scan(u.sp + maxChainWords*u.word())
	return u.list
}

func (u *unwinding) word() uint64 { return uint64(u.mode.Arch().Word()) }

// read reads a word of the level under way.
func (u *unwinding) read(at uint64) (uint64, bool) { return u.w.wordOf(u.c, at, int(u.word())) }

// scan takes the return addresses between the stack pointer and limit.
func (u *unwinding) scan(limit uint64) {
	for at := u.sp; at < limit && len(u.list) < maxChain; at += u.word() {
		v, ok := u.read(at)
		if !ok {
			return
		}
		if u.w.world.bottom(v) {
			u.add(level{Called{At: u.w.Place(v)}, v, at})
			u.complete = true
			return
		}
		framed := u.bp != 0 && at == u.bp+u.word()
		if framed {
			u.bp, _ = u.read(u.bp)
		}
		if v != 0 && v == u.trampoline {
			u.add(level{Called{At: u.w.Place(v), Return: true, Maybe: !framed}, v, at})
			u.in = 0
			continue
		}
		target, call := u.w.callBefore(u.c, u.mode, v)
		if !call {
			continue
		}
		sure := framed || target != 0 && u.in != 0 && target == u.w.function(u.in)
		u.add(level{Called{At: u.w.Place(v), Maybe: !sure}, v, at})
		if sure {
			u.in = v - 1 // a call may be the last of its function
		}
	}
}

func (u *unwinding) add(l level) { u.list = append(u.list, l) }

// interruption is what lies on a stack of a trap or of a signal.
type interruption struct {
	base         uint64
	what         string
	arch         x86.Arch // of the frame's words
	ip, cs, bp   uint64   // where they are saved; 0: nowhere
	spAt, behind uint64   // where the stack pointer is saved; 0: it is behind the frame
	back         uint64   // how far before ip the interrupted instruction lies, at least
}

// resume goes on in the code that was interrupted.
func (u *unwinding) resume(f interruption) bool {
	read := func(at uint64) (uint64, bool) { return u.w.wordOf(u.c, at, f.arch.Word()) }
	ip, ok := read(f.ip)
	if !ok || len(u.list) == maxChain {
		return false
	}
	u.bp, _ = read(f.bp)
	u.sp = f.behind
	if f.spAt != 0 {
		u.sp, _ = read(f.spAt)
	}
	cs, _ := read(f.cs)
	u.mode = u.w.modeOf(u.c, uint16(cs))
	u.in = ip - f.back
	u.add(level{Called{At: u.w.Place(ip), Trap: f.what}, ip, f.ip})
	return true
}

// function is the start of the function that an address lies in; 0: it is in none
// that has a name.
func (w *Walk) function(addr uint64) uint64 {
	s, _, ok := w.names.Symbols.At(addr)
	if !ok {
		return 0
	}
	return s.Addr
}

// maxCall is how long a near call is at most: FF /2 with a SIB byte and 32 bits of
// displacement, and a prefix.
const maxCall = 8

// callBefore tells whether an address lies right behind a near call, and where that
// leads: 0 through a register or memory.
func (w *Walk) callBefore(c *emu.CPU, mode insn.Mode, addr uint64) (target uint64, ok bool) {
	if _, _, named := w.names.Symbols.At(addr - 1); !named {
		return 0, false
	}
	for n := uint64(2); n <= maxCall; n++ {
		var buf [maxCall]byte
		code := buf[:w.Run.Peek(c.ID, addr-n, buf[:n])]
		if _, original, there := w.names.Image.Breakpoint(addr - n); there && len(original) > 0 && uint64(len(original)) == n {
			code = original
		}
		in, err := insn.Decode(code, mode)
		if err != nil || uint64(in.Len) != n {
			continue
		}
		switch {
		case in.Attr().Has(insn.CallRel):
			return addr + uint64(in.Imm), true
		case in.Attr().Has(insn.CallInd):
			return 0, true
		}
	}
	return 0, false
}
