package linux

import (
	"errors"
	"path"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// load makes prog the program of t, which is on no vCPU and whose process has
// no address space.
func (k *Kernel) load(t *Thread, prog *program, env []string) error {
	mm, err := k.newMM(prog.image.Arch)
	if err != nil {
		return err
	}
	p := t.proc
	p.mm = mm
	mm.exe = prog.file
	p.Name = path.Base(prog.given)
	if err := mm.mapImage(prog.file, prog.image, 0); err != nil {
		return err
	}
	last := prog.image.Segments[len(prog.image.Segments)-1]
	mm.startBrk = pageCeil(last.End())
	mm.brk = mm.startBrk
	entry, base := prog.image.Entry, uint64(0)
	if prog.interp != nil {
		if base, err = mm.mapInterpreter(prog.interp); err != nil {
			return err
		}
		entry = base + prog.interp.image.Entry
		k.closeFile(prog.interp.file)
	}
	if err := k.mapVDSO(mm); err != nil {
		return err
	}
	sp, err := k.buildStack(mm, prog, base, env)
	if err != nil {
		return err
	}
	t.ctx = emu.NewContext(k.startRegisters(mm, entry, sp))
	t.tls = [3]uint64{}
	if k.bound != NoBound {
		return errNoMemory
	}
	return nil
}

// mapImage maps the segments of an executable file, base bytes above their
// addresses.
func (mm *MM) mapImage(f *File, m *loader.Image, base uint64) error {
	inode, err := mm.k.inodeOf(f)
	if err != nil {
		return err
	}
	inode.refs++ // held while the segments are mapped one by one
	defer mm.k.dropInode(inode)
	for i := range m.Segments {
		s := m.Segments[i]
		s.Addr += base
		if err := mm.mapSegment(inode, &s); err != nil {
			return err
		}
	}
	return nil
}

// mapInterpreter maps a program's interpreter where mmap would put it, as one
// piece, and returns what its addresses are moved by (AT_BASE).
func (mm *MM) mapInterpreter(prog *program) (uint64, error) {
	s := prog.image.Segments
	first, base := pageFloor(s[0].Addr), uint64(0)
	if first == 0 { // else it is linked to where it lies
		if base = mm.hole(pageCeil(s[len(s)-1].End()) - first); base == 0 {
			return 0, errNoRoom
		}
	}
	return base, mm.mapImage(prog.file, prog.image, base)
}

// mapSegment maps one PT_LOAD: the file's pages, then zeroed memory. The rest
// of the file's last page is cleared if it can be written.
func (mm *MM) mapSegment(n *Inode, s *loader.Segment) error {
	prot := Prot(0)
	for bit, p := range map[loader.Prot]Prot{loader.ProtR: ProtRead, loader.ProtW: ProtWrite, loader.ProtX: ProtExec} {
		if s.Prot&bit != 0 {
			prot |= p
		}
	}
	start, end := pageFloor(s.Addr), pageCeil(s.End())
	if start < minAddress || end > mm.layout.taskSize {
		return abi.EINVAL
	}
	fileEnd := start
	if len(s.Data) > 0 {
		fileEnd = pageCeil(s.Addr + uint64(len(s.Data)))
		start = mm.clip(start)
		if start < fileEnd {
			mm.add(&VMA{Start: start, End: fileEnd, Prot: prot, Inode: n, Off: s.Offset - (s.Addr - start)})
		}
		if tail := s.Addr + uint64(len(s.Data)); tail < fileEnd && s.MemSize > uint64(len(s.Data)) && prot&ProtWrite != 0 {
			if !mm.Write(tail, make([]byte, fileEnd-tail)) {
				return errNoMemory
			}
		}
	}
	if end > fileEnd {
		mm.add(&VMA{Start: mm.clip(fileEnd), End: end, Prot: prot})
	}
	return nil
}

// clip moves a segment's start behind the one before it when both share a
// page with the same protection (loader checks that).
func (mm *MM) clip(start uint64) uint64 {
	if v := mm.Find(start); v != nil {
		return v.End
	}
	return start
}

var errNoRoom = errors.New("no room in the address space")

// AddSpecial maps one private page with a name, at hint if that is free, else
// where mmap would put it: the [vdso] and [uprobes] pages.
func (mm *MM) AddSpecial(name string, p Prot, hint uint64) (*VMA, error) {
	at := hint
	if at == 0 || !mm.free(at, at+emu.PageSize) {
		at = mm.hole(emu.PageSize)
	}
	if at == 0 {
		return nil, errNoRoom
	}
	mm.add(&VMA{Start: at, End: at + emu.PageSize, Prot: p, Name: name})
	return mm.Find(at), nil
}

// startRegisters are those of a new program: all zero but the flat segments,
// the stack and the entry.
func (k *Kernel) startRegisters(mm *MM, entry, sp uint64) emu.Core {
	c := k.m.CPUs[0]
	core, space := c.Core, c.Space
	defer func() { c.Core, c.Space = core, space }()
	c.Core = emu.Core{RFLAGS: x86.FlagsFixed | x86.IF, CPL: 3}
	c.Space = k.idleSpace
	k.setFlat(c, mm.layout.cs, mm.layout.ss)
	for _, s := range []int{x86.DS, x86.ES} {
		_ = k.m.LoadData(c, s, mm.layout.data) // a flat segment of our own table, or null: cannot fail
	}
	c.RIP, c.GPR[x86.RSP] = entry, sp
	return c.Core
}

// execve replaces the process's program by that of file, which the program
// gave as given.
func (k *Kernel) execve(t *Thread, file, given string, argv, env []string) int64 {
	prog, err := k.openProgram(t.proc.fs, file, given, argv)
	if err != nil {
		return execError(err)
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
			p.mm.drop()
			p.mm = old
		}
		k.exitProcess(p, abi.SIGKILL)
		return resultNone
	}
	k.releaseVfork(t)
	old.drop()
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
	if e := hostErrnoOf(err); e != 0 {
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
