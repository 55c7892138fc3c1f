package linux

import (
	"path"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// load makes prog the program of t, which is on no vCPU and whose process has
// no address space.
func (k *Kernel) load(t *Thread, prog *program, env []string) error {
	mem, err := k.memory.New(prog.image.Arch, t.persona&abi.ADDR_NO_RANDOMIZE != 0)
	if err != nil {
		return err
	}
	p := t.proc
	p.mm = mem
	mem.Exe = prog.file
	p.Name = commOf(path.Base(prog.given))
	if err := mem.MapImage(prog.file, prog.file.host, prog.image, 0); err != nil {
		return err
	}
	last := prog.image.Segments[len(prog.image.Segments)-1]
	mem.StartBrk = mm.PageCeil(last.End())
	mem.Brk = mem.StartBrk
	entry, base := prog.image.Entry, uint64(0)
	if prog.interp != nil {
		if base, err = mem.MapInterpreter(prog.interp.file, prog.interp.file.host, prog.interp.image); err != nil {
			return err
		}
		entry = base + prog.interp.image.Entry
		k.closeFile(prog.interp.file)
	}
	if err := k.mapVDSO(mem); err != nil {
		return err
	}
	sp, err := k.buildStack(mem, prog, base, env, p.cred)
	if err != nil {
		return err
	}
	t.ctx = emu.NewContext(k.startRegisters(mem, entry, sp))
	t.tls = [3]uint64{}
	p.cred.uid.saved, p.cred.gid.saved = p.cred.uid.eff, p.cred.gid.eff
	p.attr.dumpable, p.attr.keepCaps = !p.cred.secure(), false
	p.attr.kept.effective, p.attr.kept.permitted = 0, 0
	if k.bound != NoBound {
		return mm.ErrNoMemory
	}
	return nil
}

// startRegisters are those of a new program: all zero but the flat segments,
// the stack and the entry.
func (k *Kernel) startRegisters(mm *mm.MM, entry, sp uint64) emu.Core {
	c := k.m.CPUs[0]
	core, space := c.Core, c.Space
	defer func() { c.Core, c.Space = core, space }()
	c.Core = emu.Core{RFLAGS: x86.FlagsFixed | x86.IF, CPL: 3}
	c.Space = k.idleSpace
	k.setFlat(c, mm.Layout.CS, mm.Layout.SS)
	for _, s := range []int{x86.DS, x86.ES} {
		_ = k.m.LoadData(c, s, mm.Layout.Data) // a flat segment of our own table, or null: cannot fail
	}
	c.RIP, c.GPR[x86.RSP] = entry, sp
	return c.Core
}

// execve replaces the process's program by that of file, which the program
// gave as given.
func (k *Kernel) execve(t *Thread, file, given string, argv, env []string) int64 {
	prog, err := k.openProgram(t.proc.fs.cwd.Path(), file, given, argv)
	if err != nil {
		r := execError(err)
		if r == -ENOENT && k.cfg.OnNoProgram != nil {
			k.cfg.OnNoProgram(file)
		}
		return r
	}
	oldTID := t.TID
	k.dropOtherThreads(t)
	p := t.proc
	old := p.mm
	k.robustExit(t)
	k.piExit(t)
	k.detach(t)
	if err := k.load(t, prog, env); err != nil {
		if p.mm != old {
			p.mm.Drop()
			p.mm = old
		}
		k.exitProcess(p, abi.SIGKILL)
		return resultNone
	}
	k.releaseVfork(t)
	old.Drop()
	k.closeOnExec(p)
	p.resetHandlers()
	p.timers = nil
	k.setTimers()
	t.alt, t.clearTID, t.robust, t.trapNo, t.errCode, t.cr2 = altStack{}, 0, 0, 0, 0, 0
	t.inCall = false
	t.traceExec(oldTID)
	if k.cfg.Hooks != nil {
		k.cfg.Hooks.Execed(t)
	}
	return resultNone
}

// execError is the errno of a program that cannot be run.
func execError(err error) int64 {
	if e := vfs.HostErrnoOf(err); e != 0 {
		return -int64(e)
	}
	return -ENOEXEC
}

// resetHandlers puts caught signals back to the default (execve(2)).
func (p *Process) resetHandlers() {
	h := *p.sigs
	p.sigs.users--
	h.users = 1
	h.forgetCaught()
	p.sigs = &h
}

// clone is what a new process does about signals: the same, or a copy (copy_sighand()).
func (h *handlers) clone(flags uint64) *handlers {
	if flags&abi.CLONE_SIGHAND != 0 {
		h.users++
		return h
	}
	c := *h
	c.users = 1
	if flags&abi.CLONE_CLEAR_SIGHAND != 0 {
		c.forgetCaught()
	}
	return &c
}

// forgetCaught leaves of all actions those that ignore a signal.
func (h *handlers) forgetCaught() {
	for n := range h.act {
		if h.act[n].handler != abi.SIG_IGN {
			h.act[n] = action{}
		}
	}
}

func (k *Kernel) closeOnExec(p *Process) {
	if p.files.users > 1 {
		p.files.users--
		p.files = p.files.clone()
	}
	for fd, d := range p.files.fds {
		if d.cloexec {
			k.closeFD(p.files, fd)
		}
	}
}
