package traps

import (
	"trapline/internal/emu"
	"trapline/internal/x86"
)

// needsGS reports whether the kernel's gs is not loaded: what has a stack of its own looks; others
// believe that it is in a frame from the kernel, but for one of the iret to ring 3.
func (k *Kernel) needsGS(c *emu.CPU, f *directFrame) bool {
	regs := PtRegs{k.M.Door(), c, f.regs}
	if k.stacks[f.vec] != 0 {
		return int64(c.Seg[x86.GS].Base) >= 0
	}
	return regs.User() || regs.Get(FieldIP) == k.direct.ret
}

// syncRegs moves a frame that is elsewhere to the end of the thread's own stack.
func (k *Kernel) syncRegs(c *emu.CPU, f *directFrame) {
	to := k.Layout.StackTop(c.ID) - ptRegsSize64
	for off := uint64(0); off < ptRegsSize64 && to != f.regs; off += 8 {
		v, _ := k.M.PeekWord(c.Space, f.regs+off, 8)
		k.M.PokeWord(c.Space, to+off, 8, v)
	}
	f.regs, c.GPR[x86.RSP] = to, to
}

// buildFrame pushes what the entry stub would, or nothing if the stack has no
// room: the stub then runs and faults as it must.
func (k *Kernel) buildFrame(c *emu.CPU, t emu.Trap, e directEntry) bool {
	word := uint64(k.M.Arch.Word())
	regs := directOrder(k.M.Arch)
	sp := c.GPR[x86.RSP]
	top := sp // the words pushed end here
	if t.HasErr {
		top += word // orig_eax takes the error code's place
	}
	orig := k.M.Arch.Mask(^uint64(0))
	if e.saveAX {
		orig = c.GPR[x86.RAX]
	}
	if e.gap {
		moved, ok := k.copyFrameDown(c, sp)
		if !ok {
			return false
		}
		top -= sp - moved
	}
	words := append(make([]uint64, 0, len(order64)+1), orig)
	if k.M.Arch == x86.I386 {
		words = append(words, uint64(c.Seg[x86.ES].Sel), uint64(c.Seg[x86.DS].Sel))
	}
	for _, r := range regs {
		words = append(words, c.GPR[r])
	}
	low := k.M.Arch.Mask(top - uint64(len(words))*word)
	if !k.M.Writable(c, low, len(words)*int(word)) {
		return false
	}
	k.M.PushWords(c.Space, top, int(word), words)
	if k.M.Arch == x86.I386 {
		c.Seg[x86.DS], c.Seg[x86.ES] = k.dataSeg, k.dataSeg
	}
	c.GPR[x86.RSP] = low
	if k.M.Arch == x86.AMD64 {
		c.GPR[x86.R12] = low
	} else {
		c.GPR[x86.RSI] = low
	}
	return true
}

// gapWords is how far the int3 stub of a 64-bit kernel with a gap moves a
// kernel-mode frame: orig_rax and the five words of the frame.
const gapWords = 6

// copyFrameDown makes that gap. A frame from ring 3 stays where it is.
func (k *Kernel) copyFrameDown(c *emu.CPU, at uint64) (uint64, bool) {
	if cs, _ := k.M.PeekWord(c.Space, at+8, 8); cs&3 != 0 {
		return at, true
	}
	to := at - 8*gapWords
	if !k.M.Writable(c, to, 8*gapWords) {
		return at, false
	}
	for off := uint64(0); off < 40; off += 8 {
		v, _ := k.M.PeekWord(c.Space, at+off, 8)
		k.M.PokeWord(c.Space, to+off, 8, v)
	}
	return to, true
}

// directOrder is the order in which SAVE_ALL pushes general registers.
func directOrder(a x86.Arch) []x86.Reg {
	if a == x86.AMD64 {
		return order64[:]
	}
	return order32[:]
}

var (
	order32 = [...]x86.Reg{x86.RAX, x86.RBP, x86.RDI, x86.RSI, x86.RDX, x86.RCX, x86.RBX}
	order64 = [...]x86.Reg{x86.RDI, x86.RSI, x86.RDX, x86.RCX, x86.RAX, x86.R8, x86.R9, x86.R10, x86.R11,
		x86.RBX, x86.RBP, x86.R12, x86.R13, x86.R14, x86.R15}
)

// leaveDirect loads the registers from the frame and stands at the iret. A
// segment that cannot be loaded is left to restore_all's own text.
func (k *Kernel) leaveDirect(c *emu.CPU, regs PtRegs) {
	if k.M.Arch == x86.I386 {
		saved := c.Core
		for i, seg := range [...]int{x86.DS, x86.ES} {
			sel, _ := k.M.PeekWord(c.Space, regs.Addr+28+4*uint64(i), 2)
			if uint32(sel) == c.Seg[seg].Sel {
				continue
			}
			if k.M.LoadData(c, seg, uint16(sel)) != nil {
				c.Core = saved
				c.GPR[x86.RSP] = regs.Addr
				c.RIP = k.Symbol("restore_all")
				return
			}
		}
	}
	for _, r := range directOrder(k.M.Arch) {
		v, _ := k.M.PeekWord(c.Space, regs.Addr+gprOffset(k.M.Arch, r), k.M.Arch.Word())
		c.GPR[r] = v
	}
	c.GPR[x86.RSP] = regs.Addr + FieldIP.Offset(k.M.Arch)
	c.RIP = k.direct.ret
}
