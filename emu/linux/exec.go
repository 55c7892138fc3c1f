package linux

import (
	"errors"
	"io"
	"path"

	"trapline/emu"
	"trapline/emu/linux/abi"
	"trapline/emu/loader"
)

// program is an executable file that was read and judged.
type program struct {
	path  string
	file  *File
	image *loader.Image
}

// openProgram reads a static executable. Errors wrap package loader's, or are
// an errno.
func (k *Kernel) openProgram(p string) (*program, error) {
	h, full, err := k.cfg.FS.open(p, true)
	if err != nil {
		return nil, err
	}
	f := &File{refs: 1, path: full, host: h}
	image, err := k.readProgram(f)
	if err != nil {
		k.closeFile(f)
		return nil, err
	}
	return &program{full, f, image}, nil
}

func (k *Kernel) readProgram(f *File) (*loader.Image, error) {
	st, err := f.host.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case !st.Mode().IsRegular() || st.Mode()&0o111 == 0:
		return nil, abi.EACCES
	case st.Size() > maxProgram:
		return nil, loader.ErrBounds
	}
	data := make([]byte, st.Size())
	if _, err := io.ReadFull(io.NewSectionReader(f.host, 0, st.Size()), data); err != nil {
		return nil, err
	}
	bias := layouts[emu.I386].pieBase
	if len(data) > 4 && data[4] == 2 { // ELFCLASS64
		bias = layouts[emu.AMD64].pieBase
	}
	image, err := loader.ReadELF(data, loader.Options{Bias: bias})
	if err != nil {
		return nil, err
	}
	if k.m != nil && emu.Arch(image.Arch) != k.m.Arch {
		return nil, ErrOtherArch
	}
	return image, nil
}

// load makes prog the program of t, which is on no vCPU and whose process has
// no address space.
func (k *Kernel) load(t *Thread, prog *program, argv, env []string) error {
	mm, err := k.newMM()
	if err != nil {
		return err
	}
	p := t.proc
	p.mm = mm
	mm.exe = prog.file
	p.Name = path.Base(prog.path)
	inode, err := k.inodeOf(prog.file)
	if err != nil {
		return err
	}
	inode.refs++ // held while its segments are mapped one by one
	defer k.dropInode(inode)
	for i := range prog.image.Segments {
		if err := mm.mapSegment(inode, &prog.image.Segments[i]); err != nil {
			return err
		}
	}
	last := prog.image.Segments[len(prog.image.Segments)-1]
	mm.startBrk = pageCeil(last.End())
	mm.brk = mm.startBrk
	if err := k.mapVDSO(mm); err != nil {
		return err
	}
	sp, err := k.buildStack(mm, prog, argv, env)
	if err != nil {
		return err
	}
	t.ctx = emu.NewContext(k.startRegisters(prog.image.Entry, sp))
	t.tls = [3]uint64{}
	if k.bound != NoBound {
		return errNoMemory
	}
	return nil
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
	if start < minAddress || end > mm.k.layout.taskSize {
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
func (k *Kernel) startRegisters(entry, sp uint64) emu.Core {
	c := k.m.CPUs[0]
	core, space := c.Core, c.Space
	defer func() { c.Core, c.Space = core, space }()
	c.Core = emu.Core{RFLAGS: emu.FlagsFixed | emu.IF, CPL: 3}
	c.Space = k.idleSpace
	k.setFlat(c, k.layout.cs, k.layout.ss)
	for _, s := range []int{emu.DS, emu.ES} {
		_ = k.m.LoadData(c, s, k.layout.data) // a flat segment of our own table, or null: cannot fail
	}
	c.RIP, c.GPR[emu.RSP] = entry, sp
	return c.Core
}

// execve replaces the process's program. Other threads of it are gone after.
func (k *Kernel) execve(t *Thread, file string, argv, env []string) int64 {
	prog, err := k.openProgram(file)
	if err != nil {
		return execError(err)
	}
	k.dropOtherThreads(t)
	p := t.proc
	old := p.mm
	k.detach(t)
	if err := k.load(t, prog, argv, env); err != nil {
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
	t.alt, t.clearTID, t.robust, t.trapNo, t.errCode, t.cr2 = altStack{}, 0, 0, 0, 0, 0
	t.inCall = false
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
	return -int64(abi.ENOEXEC)
}

// resetHandlers puts caught signals back to the default (execve(2)).
func (p *Process) resetHandlers() {
	h := *p.sigs
	p.sigs.users--
	h.users = 1
	for n := range h.act {
		if h.act[n].handler != abi.SIG_IGN {
			h.act[n] = action{}
		}
	}
	p.sigs = &h
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
