package linux

import (
	"math/bits"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

func lowest(s sigset) int { return bits.TrailingZeros64(uint64(s)) + 1 }

// work reports whether something must happen before t goes on in ring 3.
func (t *Thread) work() bool { return t.inCall || t.restore || t.deliverable() != 0 }

// resume lets the uprobes layer do its next piece of work; true: it did one.
func (k *Kernel) resume(t *Thread) bool {
	if k.cfg.Hooks == nil {
		return false
	}
	switch k.cfg.Hooks.ReturnToUser(t) {
	case Resumed:
		return true
	case HeldBack:
		t.held, t.wait.tried = true, k.changes
		k.switchOut(t.cpu.ID)
		return true
	}
	return false
}

// signalWork takes the next signal, or ends an interrupted call's restart.
// False: there was nothing to do.
func (k *Kernel) signalWork(t *Thread) bool {
	if t.deliverable() != 0 {
		if k.cfg.Hooks != nil && k.cfg.Hooks.HoldSignals(t) {
			return k.resume(t)
		}
		if info, ok := t.next(); ok {
			if t.traced() && info.signo != abi.SIGKILL {
				t.stopFor(stopSignal, info.signo, info)
				return true
			}
			if k.act(t, info) {
				t.inCall = false
			}
			return true
		}
	}
	if t.restore {
		t.restore = false
		t.blocked = t.savedMask
	}
	if t.inCall {
		t.inCall = false
		if r := t.result(); isRestart(r) {
			if r == restartBlock {
				t.kept = t.expiry
			}
			k.micro(emu.Micro{Name: "arch_do_signal_or_restart", In: "exit_to_user_mode_loop", Why: "the interrupted system call is made again"})
			t.again()
			return true
		}
	}
	return false
}

// act does what the process does on a signal; true: a handler's frame is set
// up.
func (k *Kernel) act(t *Thread, info sigInfo) bool {
	p, n := t.proc, info.signo
	a := p.sigs.act[n]
	switch {
	case a.handler != abi.SIG_DFL && a.handler != abi.SIG_IGN:
		k.micro(emu.Micro{Work: emu.WorkSignalFrame, Name: "setup_rt_frame", In: "handle_signal", Why: "the handler's frame goes on the stack and the thread to the handler"})
		k.took(t, n)
		k.handle(t, a, info)
		return true
	case a.handler == abi.SIG_IGN || ignoredByDefault.has(n):
		k.micro(emu.Micro{Work: emu.WorkSignal, Name: "get_signal", In: "arch_do_signal_or_restart", Why: "a signal is taken that is ignored"})
		k.took(t, n)
	case stopByDefault.has(n) && n != abi.SIGSTOP && k.orphaned(p.pgid, nil):
		k.micro(emu.Micro{Work: emu.WorkSignal, Name: "get_signal", In: "arch_do_signal_or_restart", Why: "a signal is taken that would stop a process of an orphaned group"})
		k.took(t, n)
	case stopByDefault.has(n):
		k.micro(emu.Micro{Name: "do_signal_stop", In: "get_signal", Why: "a signal stops the process"})
		k.took(t, n)
		k.stopProcess(p, n)
	default:
		k.micro(emu.Micro{Work: emu.WorkSignal, Name: "do_group_exit", In: "get_signal", Why: "a signal ends the process"})
		k.took(t, n)
		if k.tellsExit(t, n, true) {
			return false
		}
		k.exitProcess(p, n) // no core file: RLIMIT_CORE is 0
	}
	return false
}

// took tells that t has taken a signal.
func (k *Kernel) took(t *Thread, n int) {
	if k.cfg.OnSignal != nil {
		k.cfg.OnSignal(t, n)
	}
	if k.tells() {
		k.note(NoteSignal, "%s", abi.SignalName(n))
	}
}

// handle sets up the frame of a handler. If the stack cannot take it, the
// process dies of SIGSEGV.
func (k *Kernel) handle(t *Thread, a action, info sigInfo) {
	if t.inCall {
		t.interrupted(a)
	}
	mask := t.blocked
	if t.restore {
		t.restore = false
		mask = t.savedMask
	}
	core := t.Core()
	frame := k.frame64
	if a.compat {
		frame = k.frame32
	}
	if !frame(t, a, info, mask) {
		if info.signo == abi.SIGSEGV {
			t.proc.sigs.act[abi.SIGSEGV].handler = abi.SIG_DFL
		}
		t.force(sigInfo{signo: abi.SIGSEGV, code: abi.SI_KERNEL})
		if info.signo == abi.SIGSEGV || k.cannotTake(t) {
			k.exitProcess(t.proc, abi.SIGSEGV)
		}
		return
	}
	core.RFLAGS &^= x86.DF | x86.RF | x86.TF
	t.cpu.ResetFPU() // fpu__clear_user_states()
	t.blocked |= a.mask
	if a.flags&abi.SA_NODEFER == 0 {
		t.blocked |= bit(info.signo)
	}
	t.blocked &^= unblockable
	if a.flags&abi.SA_RESETHAND != 0 {
		t.proc.sigs.act[info.signo].handler = abi.SIG_DFL
	}
	if t.alt.flags&abi.SS_AUTODISARM != 0 {
		t.alt = altStack{}
	}
}

// cannotTake reports whether a SIGSEGV handler would meet the same bad stack.
func (k *Kernel) cannotTake(t *Thread) bool {
	a := t.proc.sigs.act[abi.SIGSEGV]
	return a.handler <= abi.SIG_IGN || a.flags&abi.SA_ONSTACK == 0 || t.alt.size == 0
}

// result is the present value of the result register, signed.
func (t *Thread) result() int64 {
	v := t.Core().GPR[x86.RAX]
	if t.call.compat || t.k.m.Arch == x86.I386 {
		return int64(int32(v))
	}
	return int64(v)
}

func isRestart(r int64) bool {
	return r == restartSys || r == restartNoIntr || r == restartNoHand || r == restartBlock
}

// interrupted decides about an interrupted call before a handler runs.
func (t *Thread) interrupted(a action) {
	r := t.result()
	switch {
	case r == restartNoIntr, r == restartSys && a.flags&abi.SA_RESTART != 0:
		t.again()
	case isRestart(r):
		t.setResult(-EINTR)
	}
}

// again makes the thread run its call instruction once more: syscall, int
// 0x80 and sysenter are all two bytes.
func (t *Thread) again() {
	c := t.Core()
	c.RIP = t.k.m.Arch.Mask(c.RIP - 2)
	c.GPR[x86.RAX] = t.orig
}

func (t *Thread) setResult(r int64) {
	t.Core().GPR[x86.RAX] = t.k.m.Arch.Mask(uint64(r))
}
