package linux

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// ptraceRegisters are the requests about sets of registers. Those of before
// GETREGSET have them as the tracer's own width has (arch_ptrace()).
func (k *Kernel) ptraceRegisters(t, o *Thread, c *call, request int) int64 {
	data := c.arg[3]
	switch request {
	case abi.PTRACE_GETREGS:
		return t.give(data, k.regset(o, abi.NT_PRSTATUS, c.compat))
	case abi.PTRACE_SETREGS:
		return k.takeRegset(t, o, abi.NT_PRSTATUS, data, len(k.regset(o, abi.NT_PRSTATUS, c.compat)), c.compat)
	case abi.PTRACE_GETFPREGS:
		return t.give(data, k.regset(o, abi.NT_PRFPREG, c.compat))
	case abi.PTRACE_SETFPREGS:
		return k.takeRegset(t, o, abi.NT_PRFPREG, data, len(k.regset(o, abi.NT_PRFPREG, c.compat)), c.compat)
	case abi.PTRACE_GETFPXREGS, abi.PTRACE_SETFPXREGS:
		if !c.compat {
			return -EIO
		}
		if request == abi.PTRACE_GETFPXREGS {
			return t.give(data, k.regset(o, abi.NT_PRXFPREG, c.compat))
		}
		return k.takeRegset(t, o, abi.NT_PRXFPREG, data, emu.FXSize, c.compat)
	case abi.PTRACE_GETREGSET, abi.PTRACE_SETREGSET:
		return k.ptraceRegset(t, o, c, request == abi.PTRACE_SETREGSET)
	case abi.PTRACE_GET_THREAD_AREA, abi.PTRACE_SET_THREAD_AREA:
		return k.tracedArea(t, o, c.arg[2], data, request == abi.PTRACE_SET_THREAD_AREA)
	case abi.PTRACE_ARCH_PRCTL:
		if c.compat || k.m.Arch == x86.I386 {
			return -EIO
		}
		return k.tracedBase(t, o, c, data)
	}
	return -EIO
}

// regset is a set of registers as ptrace has it for a width, or nil.
func (k *Kernel) regset(o *Thread, kind uint64, small bool) []byte {
	switch kind {
	case abi.NT_PRSTATUS:
		area := userOf(small)
		words := make([]abi.ULong, len(area.regs))
		for i, r := range area.regs {
			words[i] = abi.ULong(o.getReg(r))
		}
		return abi.Marshal(area.word, words)
	case abi.NT_PRFPREG, abi.NT_PRXFPREG:
		var fx [emu.FXSize]byte
		k.onCPU(o, func(c *emu.CPU) { k.m.FXSave(c, &fx) })
		switch {
		case small && kind == abi.NT_PRFPREG:
			return k.fsave(o, fx[:])[:abi.Offsetof(4, abi.Fpstate32{}, "Status")]
		case !small && kind == abi.NT_PRXFPREG:
			return nil
		}
		return fx[:]
	case abi.NT_386_TLS:
		if !small {
			return nil
		}
		entries := make([]abi.UserDesc, len(o.tls))
		for i, d := range o.tls {
			entries[i] = describe(uint32(k.tables.TlsEntry+i), d)
		}
		return abi.Marshal(4, entries)
	case abi.NT_X86_XSTATE:
		if k.m.HasXSave() {
			var b [emu.XSaveSize]byte
			k.onCPU(o, func(c *emu.CPU) { k.m.XSave(c, &b) })
			le.PutUint64(b[fxSoftware:], emu.XSaveAll)
			return b[:]
		}
	}
	return nil
}

// takeRegset changes registers from the first n bytes of a set at va.
func (k *Kernel) takeRegset(t, o *Thread, kind, va uint64, n int, small bool) int64 {
	b := k.regset(o, kind, small)
	if b == nil || n > len(b) {
		return -EINVAL
	}
	if !t.proc.mm.Read(va, b[:n]) {
		return -EFAULT
	}
	switch kind {
	case abi.NT_PRSTATUS:
		area := userOf(small)
		words := make([]abi.ULong, n/area.word)
		abi.Unmarshal(area.word, b, words)
		for i, v := range words {
			if e := k.setWord(o, area.regs[i], uint64(v), small); e != 0 {
				return e
			}
		}
	case abi.NT_386_TLS:
		entries := make([]userDesc, n/abi.Sizeof(4, userDesc{}))
		abi.Unmarshal(4, b, entries)
		for i, u := range entries {
			if e := k.setTLS(o, i, u); e != 0 {
				return e
			}
		}
	case abi.NT_X86_XSTATE:
		var x [emu.XSaveSize]byte
		copy(x[:], b)
		clear(x[fxSoftware:emu.FXSize])
		ok := false
		k.onCPU(o, func(c *emu.CPU) { ok = k.m.XRestore(c, &x, emu.XSaveAll) })
		if !ok {
			return -EINVAL
		}
	case abi.NT_PRFPREG:
		if small {
			var fx [emu.FXSize]byte
			k.onCPU(o, func(c *emu.CPU) { k.m.FXSave(c, &fx) })
			frame := append(append(slices.Clone(b), make([]byte, 4)...), fx[:]...)
			mergeFSave(frame)
			b = frame[abi.FP32Legacy:]
		}
		k.onCPU(o, func(c *emu.CPU) { k.loadFX(c, b) })
	default:
		k.onCPU(o, func(c *emu.CPU) { k.loadFX(c, b) })
	}
	return 0
}

// ptraceRegset is GETREGSET and SETREGSET: a set of a kind at an iovec, as the
// code that the tracee runs has it (task_user_regset_view()).
func (k *Kernel) ptraceRegset(t, o *Thread, c *call, set bool) int64 {
	var iov abi.Iovec
	if !copyFromUser(t.proc.mm, c.arg[3], c.word(), &iov) {
		return -EFAULT
	}
	base, size := uint64(iov.Base), uint64(iov.Len)
	small := o.Core().Code64 == 0
	b, unit := k.regset(o, c.arg[2], small), uint64(userOf(small).word)
	switch c.arg[2] {
	case abi.NT_X86_XSTATE:
		unit = 8
	case abi.NT_386_TLS:
		unit = uint64(abi.Sizeof(4, abi.UserDesc{}))
	}
	switch none := b == nil; {
	case size%unit != 0:
		return -EINVAL
	case none && c.arg[2] == abi.NT_X86_XSTATE:
		return -ENODEV
	case none && c.arg[2] == abi.NT_386_IOPERM: // no thread has a port
		return -ENXIO
	case none:
		return -EINVAL
	}
	n := min(uint64(len(b)), size)
	if set {
		if r := k.takeRegset(t, o, c.arg[2], base, int(n), small); r != 0 {
			return r
		}
	} else if r := t.give(base, b[:n]); r != 0 {
		return r
	}
	iov.Len = abi.ULong(n)
	return t.copyOut(c.arg[3], c.word(), iov)
}
