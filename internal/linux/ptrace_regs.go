package linux

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// userReg is one word of user_regs_struct: a general register, or one of the below.
type userReg int

const (
	userOrig userReg = 100 + iota // the number of the system call, or -1
	userIP
	userFlags
	userFSBase
	userGSBase
	userSegment // and the segment register's number
)

func general(r x86.Reg) userReg   { return userReg(r) }
func segmentReg(s int) userReg    { return userSegment + userReg(s) }
func (r userReg) isGeneral() bool { return r < userOrig }

// userRegNames are the registers by the names that both architectures' user_regs_struct has for them.
var userRegNames = map[string]userReg{
	"Ax": general(x86.RAX), "Bx": general(x86.RBX), "Cx": general(x86.RCX), "Dx": general(x86.RDX),
	"Si": general(x86.RSI), "Di": general(x86.RDI), "Bp": general(x86.RBP), "Sp": general(x86.RSP),
	"R8": general(x86.R8), "R9": general(x86.R9), "R10": general(x86.R10), "R11": general(x86.R11),
	"R12": general(x86.R12), "R13": general(x86.R13), "R14": general(x86.R14), "R15": general(x86.R15),
	"Cs": segmentReg(x86.CS), "Ss": segmentReg(x86.SS), "Ds": segmentReg(x86.DS), "Es": segmentReg(x86.ES),
	"Fs": segmentReg(x86.FS), "Gs": segmentReg(x86.GS), "FsBase": userFSBase, "GsBase": userGSBase,
	"OrigAx": userOrig, "IP": userIP, "Flags": userFlags,
}

// userArea is struct user of an architecture: its registers in order, and where what is in bytes.
type userArea struct {
	word        int
	regs        []userReg
	debug, size uint64
}

var user64, user32 = newUserArea(8, abi.User64{}, abi.UserRegsStruct64{}), newUserArea(4, abi.User32{}, abi.UserRegsStruct32{})

func newUserArea(word int, user, regs any) *userArea {
	a := &userArea{word: word, debug: uint64(abi.Offsetof(word, user, "Debugreg")), size: uint64(abi.Sizeof(word, user))}
	for _, name := range abi.Fields(word, regs) {
		a.regs = append(a.regs, userRegNames[name])
	}
	return a
}

// userOf is struct user; small is that of 32 bits.
func userOf(small bool) *userArea {
	if small {
		return user32
	}
	return user64
}

// getReg is the value of a word of user_regs_struct.
func (t *Thread) getReg(r userReg) uint64 {
	core := t.Core()
	switch {
	case r.isGeneral():
		return core.GPR[r]
	case r == userOrig:
		const poked = 0xffffffff // -1 that a tracer of 32 bits wrote
		if !t.inCall && t.orig != poked {
			return ^uint64(0)
		}
		return t.orig
	case r == userIP:
		return core.RIP
	case r == userFlags:
		if t.trace.forced {
			return core.RFLAGS &^ x86.TF
		}
		return core.RFLAGS
	case r == userFSBase:
		return core.Seg[x86.FS].Base
	case r == userGSBase:
		return core.Seg[x86.GS].Base
	}
	return uint64(core.Seg[r-userSegment].Sel)
}

// setReg changes a word of user_regs_struct (putreg()).
func (k *Kernel) setReg(t *Thread, r userReg, v uint64) int64 {
	core := t.Core()
	v = k.m.Arch.Mask(v)
	switch {
	case r.isGeneral():
		core.GPR[r] = v
	case r == userOrig:
		t.orig, t.call.nr = v, int(int32(v))
		t.inCall = t.call.nr != -1
	case r == userIP:
		core.RIP = v
	case r == userFlags:
		t.setFlags(v)
	case r == userFSBase, r == userGSBase:
		if v >= k.userEnd() {
			return -EIO
		}
		core.Seg[map[userReg]int{userFSBase: x86.FS, userGSBase: x86.GS}[r]].Base = v
	default:
		return k.setSegment(t, int(r-userSegment), uint16(v))
	}
	return 0
}

// userEnd is the first address that no program of the kernel's own width has (TASK_SIZE_MAX).
func (k *Kernel) userEnd() uint64 { return k.TaskSize(k.m.Arch) }

// setFlags changes the flags that user code can; TF is the program's own then.
func (t *Thread) setFlags(v uint64) {
	mask := uint64(fixedFlags)
	if t.k.m.Arch == x86.AMD64 {
		mask |= x86.NT
	}
	if v&x86.TF != 0 {
		t.trace.forced = false
	} else if t.trace.forced {
		v |= x86.TF
	}
	core := t.Core()
	core.RFLAGS = core.RFLAGS&^mask | v&mask
}

// onCPU has a vCPU hold t's registers for a while.
func (k *Kernel) onCPU(t *Thread, do func(c *emu.CPU)) {
	if t.cpu != nil {
		do(t.cpu)
		return
	}
	c := k.m.CPUs[max(k.lastCPU(), 0)]
	own, space := emu.NewContext(emu.Core{}), c.Space
	c.SaveContext(own)
	tls := k.tlsOn(c)
	c.LoadContext(t.ctx)
	c.Space = t.proc.mm.Space()
	for i, d := range t.tls {
		k.setDescriptor(c, k.tables.TlsEntry+i, d)
	}
	do(c)
	c.SaveContext(t.ctx)
	for i, d := range tls {
		k.setDescriptor(c, k.tables.TlsEntry+i, d)
	}
	c.LoadContext(own)
	c.Space = space
}

// lastCPU is the vCPU whose thread runs the call under way.
func (k *Kernel) lastCPU() int {
	return slices.IndexFunc(k.current, func(t *Thread) bool { return t != nil && t.inCall })
}

// tlsOn is the TLS descriptors of a vCPU's table.
func (k *Kernel) tlsOn(c *emu.CPU) (l [3]uint64) {
	b := k.m.Mem.Bytes(k.gdt + emu.Frame(c.ID))
	for i := range l {
		l[i] = le.Uint64(b[8*(k.tables.TlsEntry+i):])
	}
	return l
}

// readArgs takes the call's arguments from the registers.
func (t *Thread) readArgs() {
	order := argRegs64
	if t.call.compat {
		order = argRegs32
	}
	for i, r := range order {
		t.call.arg[i] = t.Core().GPR[r]
		if t.call.compat {
			t.call.arg[i] &= 0xffffffff
		}
	}
}

// at is what is at an address in struct user: a register, a debug register, or neither of them.
func (a *userArea) at(addr uint64) (reg, debug int) {
	word := uint64(a.word)
	switch i := addr / word; {
	case i < uint64(len(a.regs)):
		return int(i), -1
	case addr >= a.debug && addr < a.debug+8*word:
		return -1, int((addr - a.debug) / word)
	}
	return -1, -1
}

// peekUser reads a word of struct user, of 32 bits if small; false: there is none.
func (k *Kernel) peekUser(o *Thread, addr uint64, small bool) (uint64, bool) {
	area := userOf(small)
	reg, debug := area.at(addr)
	size := area.size
	if k.compat(small) {
		size++ // getreg32() takes the end for a word of it
	}
	switch {
	case addr%uint64(area.word) != 0 || addr >= size:
		return 0, false
	case reg >= 0:
		return o.getReg(area.regs[reg]), true
	case debug >= 0:
		return o.debugReg(debug), true
	}
	return 0, true
}

func (k *Kernel) pokeUser(o *Thread, addr, v uint64, small bool) int64 {
	area := userOf(small)
	reg, debug := area.at(addr)
	switch {
	case addr%uint64(area.word) != 0:
		return -EIO
	case reg >= 0:
		return k.setWord(o, area.regs[reg], v, small)
	case debug >= 0:
		return k.setDebugReg(o, debug, k.m.Arch.Mask(v))
	case k.compat(small) && addr <= area.size: // the other words are ignored (putreg32())
		return 0
	}
	return -EIO
}

// compat reports whether a request with words of 32 bits is one of a 64-bit kernel, which has functions
// of its own for them.
func (k *Kernel) compat(small bool) bool { return small && k.m.Arch == x86.AMD64 }

// setWord is setReg, for a tracer of 32 bits under a 64-bit kernel too: it expects a selector in FS or GS to
// change the base (putreg32()).
func (k *Kernel) setWord(o *Thread, r userReg, v uint64, small bool) int64 {
	e := k.setReg(o, r, v)
	if s := int(r - userSegment); e == 0 && k.compat(small) && (s == x86.FS || s == x86.GS) {
		o.Core().Seg[s].Base = k.baseOf(o, uint16(v))
	}
	return e
}
