package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// sysPtrace is ptrace(2): request, thread, address, data.
func sysPtrace(k *Kernel, t *Thread, c *call) int64 {
	request := c.int(0)
	if request == abi.PTRACE_TRACEME {
		return k.traceMe(t)
	}
	o := k.threadByID(c.int(1))
	if o == nil {
		return -ESRCH
	}
	switch request {
	case abi.PTRACE_ATTACH, abi.PTRACE_SEIZE:
		return k.attach(t, o, request == abi.PTRACE_SEIZE, c.arg[2], c.arg[3])
	}
	if o.trace.by != t {
		return -ESRCH
	}
	switch request {
	case abi.PTRACE_KILL:
		o.send(sigInfo{signo: abi.SIGKILL, code: abi.SI_USER, pid: t.proc.PID})
		return 0
	case abi.PTRACE_INTERRUPT:
		if !o.trace.seized {
			return -EIO
		}
		if o.hears(false); o.state != stateTraced {
			o.trace.halt = abi.SIGTRAP | abi.PTRACE_EVENT_STOP<<8
			o.interrupt()
			k.changed()
		}
		return 0
	}
	if o.state != stateTraced || o.trace.listens {
		return -ESRCH
	}
	if request == abi.PTRACE_LISTEN {
		return o.listen()
	}
	return k.ptrace(t, o, c, request)
}

func (k *Kernel) traceMe(t *Thread) int64 {
	if t.traced() || t.proc.parent == nil || t.proc.parent.isZombie() {
		return -EPERM
	}
	t.trace = tracing{by: t.proc.parent.thr[0]}
	return 0
}

// mayTrace is ptrace_may_access(): who calls may trace processes that are dumpable and of the same user and group.
func (k *Kernel) mayTrace(p *Process) bool {
	u, of := k.user(), p.cred
	same := of.uid.real == u.UID && of.uid.eff == u.UID && of.uid.saved == u.UID && of.gid.real == u.GID && of.gid.eff == u.GID && of.gid.saved == u.GID
	return p.attr.dumpable && same || k.privileged()
}

// attach begins to trace o.
func (k *Kernel) attach(t, o *Thread, seize bool, addr, options uint64) int64 {
	switch {
	case seize && (addr != 0 || options&^abi.PTRACE_O_MASK != 0):
		return -EIO
	case o.proc == t.proc, o.traced(), !k.mayTrace(o.proc):
		return -EPERM
	}
	o.trace = tracing{by: t, seized: seize}
	if seize {
		o.trace.options = options
		return 0
	}
	if o.proc.isStopped() {
		o.trace.halt = abi.SIGSTOP
		k.changed()
		return 0
	}
	o.send(sigInfo{signo: abi.SIGSTOP, code: abi.SI_USER, pid: t.proc.PID})
	return 0
}

// ptrace runs a request about o, which stands still.
func (k *Kernel) ptrace(t, o *Thread, c *call, request int) int64 {
	addr, data := c.arg[2], c.arg[3]
	word := c.word()
	switch request {
	case abi.PTRACE_PEEKTEXT, abi.PTRACE_PEEKDATA:
		b := make([]byte, word)
		if o.proc.mm.ReadForced(addr, b) != word {
			return -EIO
		}
		return t.give(data, b)
	case abi.PTRACE_POKETEXT, abi.PTRACE_POKEDATA:
		b := le.AppendUint64(nil, data)
		if o.proc.mm.Poke(addr, b[:word]) != word {
			return -EIO
		}
		return 0
	case abi.PTRACE_PEEKUSER:
		v, ok := k.peekUser(o, addr, c.compat)
		if !ok {
			return -EIO
		}
		return t.give(data, le.AppendUint64(nil, v)[:word])
	case abi.PTRACE_POKEUSER:
		return k.pokeUser(o, addr, data, c.compat)
	case abi.PTRACE_SETOPTIONS, abi.PTRACE_OLDSETOPTIONS:
		if data&^abi.PTRACE_O_MASK != 0 {
			return -EINVAL
		}
		o.trace.options = data
		return 0
	case abi.PTRACE_GETEVENTMSG:
		if !putWord(t.proc.mm, data, word, o.trace.message) {
			return -EFAULT
		}
		return 0
	}
	if r, ok := k.ptraceResume(o, request, data); ok {
		return r
	}
	if r, ok := k.ptraceSignals(t, o, c, request); ok {
		return r
	}
	return k.ptraceRegisters(t, o, c, request)
}

// give writes bytes where a request wants them.
func (t *Thread) give(va uint64, b []byte) int64 {
	if !t.proc.mm.Write(va, b) {
		return -EFAULT
	}
	return 0
}

// ptraceResume are the requests that let o go on; false: it is another one.
func (k *Kernel) ptraceResume(o *Thread, request int, data uint64) (int64, bool) {
	modes := map[int]traceMode{
		abi.PTRACE_CONT: traceCont, abi.PTRACE_SYSCALL: traceCalls, abi.PTRACE_SYSEMU: traceEmulate, abi.PTRACE_SINGLESTEP: traceStep,
	}
	mode, ok := modes[request]
	if !ok && request != abi.PTRACE_DETACH {
		return 0, false
	}
	if data > abi.SIGRTMAX {
		return -EIO, true
	}
	if request == abi.PTRACE_DETACH {
		o.untrace(int(data))
	} else {
		o.goOn(mode, int(data))
	}
	return 0, true
}

// ptraceSignals are the requests about signals and calls; false: it is another one.
func (k *Kernel) ptraceSignals(t, o *Thread, c *call, request int) (int64, bool) {
	addr, data, mm := c.arg[2], c.arg[3], t.proc.mm
	switch request {
	case abi.PTRACE_GETSIGINFO:
		if o.trace.stop == stopGroup {
			return -EINVAL, true
		}
		return t.copyOut(data, c.word(), o.trace.info.siginfo()), true
	case abi.PTRACE_SETSIGINFO:
		var s abi.Siginfo
		switch {
		case !copyFromUser(mm, data, c.word(), &s):
			return -EFAULT, true
		case o.trace.stop == stopGroup:
			return -EINVAL, true
		}
		o.trace.info = infoOf(&s)
		return 0, true
	case abi.PTRACE_PEEKSIGINFO:
		return k.peekInfos(t, o, c), true
	case abi.PTRACE_GETSIGMASK:
		if addr != 8 {
			return -EINVAL, true
		}
		mask := o.blocked
		if o.restore {
			mask = o.savedMask
		}
		return t.give(data, le.AppendUint64(nil, uint64(mask))), true
	case abi.PTRACE_SETSIGMASK:
		v, ok := getWord(mm, data, 8)
		switch {
		case addr != 8:
			return -EINVAL, true
		case !ok:
			return -EFAULT, true
		}
		o.blocked = sigset(v) &^ unblockable
		return 0, true
	case abi.PTRACE_GET_SYSCALL_INFO:
		b := o.callInfo()
		if !mm.Write(data, b[:min(uint64(len(b)), addr)]) {
			return -EFAULT, true
		}
		return int64(len(b)), true
	}
	return 0, false
}

// peekInfos copies waiting signals without taking them.
func (k *Kernel) peekInfos(t, o *Thread, c *call) int64 {
	var a abi.PtracePeeksiginfoArgs
	if !copyFromUser(t.proc.mm, c.arg[2], c.word(), &a) {
		return -EFAULT
	}
	if a.Flags&^abi.PTRACE_PEEKSIGINFO_SHARED != 0 || a.Nr < 0 {
		return -EINVAL
	}
	queue := o.sig.queue
	if a.Flags != 0 {
		queue = o.proc.pend.queue
	}
	done := int64(0)
	for ; done < int64(a.Nr) && a.Off+uint64(done) < uint64(len(queue)); done++ {
		info := queue[a.Off+uint64(done)].siginfo()
		if !copyToUser(t.proc.mm, c.arg[3]+uint64(int(done)*abi.Sizeof(c.word(), info)), c.word(), info) {
			if done == 0 {
				return -EFAULT
			}
			break
		}
	}
	return done
}

// callInfo is struct ptrace_syscall_info, as long as what it tells.
func (o *Thread) callInfo() []byte {
	core := o.Core()
	info := abi.PtraceSyscallInfo{Op: abi.PTRACE_SYSCALL_INFO_NONE, Arch: abi.AUDIT_ARCH_X86_64, InstructionPointer: core.RIP, StackPointer: core.GPR[x86.RSP]}
	if o.inCall && o.call.compat || o.k.m.Arch == x86.I386 {
		info.Arch = abi.AUDIT_ARCH_I386
	}
	size := abi.Offsetof(8, info, "Of")
	good := o.trace.info.code == abi.SIGTRAP|0x80
	switch {
	case o.trace.stop == stopEntry && good:
		o.readArgs()
		info.Op = abi.PTRACE_SYSCALL_INFO_ENTRY
		info.Of.Entry = abi.PtraceSyscallInfoEntry{Nr: uint64(uint32(o.call.nr)), Args: o.call.arg}
		size += abi.Sizeof(8, info.Of.Entry)
	case o.trace.stop == stopExit && good:
		r := o.result()
		info.Op = abi.PTRACE_SYSCALL_INFO_EXIT
		info.Of.Exit = abi.PtraceSyscallInfoExit{Rval: r, IsError: uint8(oneIf(r < 0 && r >= -abi.MaxErrno))}
		size += abi.Offsetof(8, info.Of.Exit, "IsError") + 1
	}
	return abi.Marshal(8, info)[:size]
}
