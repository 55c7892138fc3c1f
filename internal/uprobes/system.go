package uprobes

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/events"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
)

// System is the uprobes of one kernel. It implements linux.Hooks. It is not safe for concurrent use.
type System struct {
	k      *linux.Kernel
	tree   tree
	engine Engine
	printk func(string)
	// countMissed: see Options.
	countMissed bool
	last        lastStep // of the 2005 engine as coded
	// stepper is the thread that has kprobe_lock, which the engines of 2005 hold from a hit to its step's end; 0: none.
	stepper int
	// account is told of hits; nil: none. It is no part of the state.
	account *Account
	parts   []emu.Part // of machines whose kernel has this system
	machine *emu.Machine
}

// Options choose how a System works.
type Options struct {
	Engine Engine
	// CountMissed has an engine that steps in place count the hits that other threads miss meanwhile (K11), by debug registers that
	// the program does not see. They are part of the machine's state.
	CountMissed bool
	// Printk takes the lines that the kernel's log would get, without a newline; nil drops them.
	Printk func(line string)
}

// New makes a system without uprobes.
func New(o Options) *System {
	if o.Printk == nil {
		o.Printk = func(string) {}
	}
	return &System{tree: tree{}, engine: o.Engine, printk: o.Printk, countMissed: o.CountMissed && o.Engine == Inline}
}

// Attach tells the system whose Config.Hooks it is, which a new kernel's first mapping does too. Uprobes stay when one
// kernel follows another, as the kernel's own do from program to program; nil: no program runs.
func (s *System) Attach(k *linux.Kernel) {
	if s.k = k; k == nil || k.Machine() == s.machine {
		return
	}
	s.machine = k.Machine()
	for _, p := range append([]emu.Part{s}, s.parts...) {
		s.machine.AddPart(p)
	}
}

// AddPart makes what p keeps of hits part of the snapshots of kernels that are attached from now on, as the system's own
// state is.
func (s *System) AddPart(p emu.Part) { s.parts = append(s.parts, p) }

// mmState is what uprobes keep of an address space.
type mmState struct {
	probed  bool // breakpoints have been planted (MMF_HAS_UPROBES)
	recheck bool // some may have gone (MMF_RECALC_UPROBES)
	area    *area
	delayed []*uprobe // whose reference counter is not mapped yet
}

func stateOf(mm *mm.MM) *mmState {
	if mm.Probes == nil {
		mm.Probes = &mmState{}
	}
	return mm.Probes.(*mmState)
}

// Register adds a consumer to the uprobe at a place, and plants the breakpoint in every process that maps it. size is
// the file's, in bytes. The number is EINVAL for a place outside the file or a misaligned or different reference
// counter, or what Analyze says when a process maps the place (U16, uprobe_register()).
func (s *System) Register(p Place, size uint64, c *Consumer) events.Errno {
	if p.Offset > size || p.RefCounter%2 != 0 {
		return events.EINVAL
	}
	if c.Return != nil && s.engine != Modern {
		return events.ENOTSUPP // the RFC has no return probes
	}
	u, errno := s.tree.at(p)
	if errno != 0 {
		return errno
	}
	u.consumers = append([]*Consumer{c}, u.consumers...) // anew: handlers that run may register
	for _, m := range s.mappings(u, true) {
		if !c.wants(m.mm) {
			continue
		}
		if errno := s.install(u, m); errno != 0 {
			s.Unregister(p, c)
			return errno
		}
	}
	return 0
}

// Instruction is what stands at a probed place; nil if there is no uprobe or no process has mapped it.
func (s *System) Instruction(p Place) *Instruction {
	if u := s.tree.find(p.File, p.Offset); u != nil {
		return u.insn
	}
	return nil
}

// Unregister takes a consumer away, and with the last one the breakpoints.
func (s *System) Unregister(p Place, c *Consumer) {
	u := s.tree.find(p.File, p.Offset)
	if u == nil {
		return
	}
	u.consumers = slices.DeleteFunc(slices.Clone(u.consumers), func(o *Consumer) bool { return o == c })
	for _, m := range s.mappings(u, false) {
		if stateOf(m.mm).probed && !u.wanted(m.mm) {
			s.restore(u, m)
		}
	}
	if len(u.consumers) == 0 {
		s.tree.remove(u)
	}
}

// mapping is one appearance of a place in an address space.
type mapping struct {
	mm *mm.MM
	v  *mm.VMA
	va uint64
}

// mappings lists where a place is mapped, by process number and address.
func (s *System) mappings(u *uprobe, forInsert bool) []mapping {
	var l []mapping
	var seen []*mm.MM
	if s.k == nil {
		return nil
	}
	for _, p := range s.k.Processes() {
		mm := p.MM()
		if slices.Contains(seen, mm) {
			continue
		}
		seen = append(seen, mm)
		for _, v := range mm.VMAs() {
			if m, ok := mappingIn(mm, v, u); ok && probeableVMA(v, forInsert) {
				l = append(l, m)
			}
		}
	}
	return l
}

func mappingIn(mm *mm.MM, v *mm.VMA, u *uprobe) (mapping, bool) {
	if v.Inode == nil || fileOf(v) != u.File || u.Offset < v.Off || u.Offset-v.Off >= v.End-v.Start {
		return mapping{}, false
	}
	return mapping{mm, v, v.Start + u.Offset - v.Off}, true
}

func fileOf(v *mm.VMA) FileID { return FileID{v.Inode.Dev, v.Inode.Ino} }

// probeableVMA tells whether breakpoints go into a mapping: a private one of a file, which for a new breakpoint must
// not be writable (valid_vma()).
func probeableVMA(v *mm.VMA, forInsert bool) bool {
	return v.Inode != nil && !v.Shared && !(forInsert && v.Prot&mm.ProtWrite != 0)
}

// install plants the breakpoint in one address space, in a copy of the page (U2, install_breakpoint()).
func (s *System) install(u *uprobe, m mapping) events.Errno {
	if errno := s.prepare(u, m); errno != 0 {
		return errno
	}
	st := stateOf(m.mm)
	var now [1]byte
	if m.mm.ReadForced(m.va, now[:]) != 1 {
		return events.EFAULT
	}
	if now[0] != Breakpoint {
		if errno := s.count(u, m.mm, 1); errno != 0 {
			return errno
		}
		if !m.mm.WriteForced(m.va, []byte{Breakpoint}) {
			return events.ENOMEM
		}
	}
	st.probed, st.recheck = true, false
	return 0
}

// prepare analyses the instruction when the first process maps it, as one of that process's width (U15, prepare_uprobe()).
func (s *System) prepare(u *uprobe, m mapping) events.Errno {
	if u.insn != nil {
		return 0
	}
	var code [CodeSize]byte
	n := s.k.Files().ReadInode(m.v.Inode, u.Offset, code[:])
	if n == 0 {
		return events.EIO
	}
	if s.engine != Modern {
		u.insn = unanalyzed(code[:n], insn.ModeOf(m.mm.ABI()))
		return 0
	}
	var errno events.Errno
	u.insn, errno = Analyze(code[:n], insn.ModeOf(m.mm.ABI()))
	return errno
}

// restore takes the breakpoint out of one address space (remove_breakpoint()).
func (s *System) restore(u *uprobe, m mapping) {
	stateOf(m.mm).recheck = true
	var now [1]byte
	if u.insn == nil || m.mm.ReadForced(m.va, now[:]) != 1 || now[0] != Breakpoint {
		return
	}
	s.count(u, m.mm, -1)
	m.mm.WriteForced(m.va, u.insn.Original[:1])
}

// Mapped plants the breakpoints of a new mapping (uprobe_mmap()). What cannot be probed is passed over in silence.
func (s *System) Mapped(mm *mm.MM, v *mm.VMA) {
	s.Attach(linux.KernelOf(mm))
	if len(s.tree) == 0 || v.Inode == nil {
		return
	}
	s.countDelayed(mm, v)
	if !probeableVMA(v, true) {
		return
	}
	for _, u := range slices.Clone(s.tree.within(fileOf(v), v.Off, v.Off+v.End-v.Start)) {
		if u.wanted(mm) {
			m, _ := mappingIn(mm, v, u)
			_ = s.install(u, m)
		}
	}
}

// Unmapping notes that breakpoints of mm may go (uprobe_munmap()).
func (s *System) Unmapping(mm *mm.MM, start, end uint64) {
	st := stateOf(mm)
	if !st.probed || st.recheck {
		return
	}
	for _, v := range mm.VMAs() {
		if v.End <= start || v.Start >= end || !probeableVMA(v, false) {
			continue
		}
		low, high := max(start, v.Start), min(end, v.End)
		if len(s.tree.within(fileOf(v), v.Off+low-v.Start, v.Off+high-v.Start)) > 0 {
			st.recheck = true
		}
	}
}

// recheck finds out whether a process still has uprobes (mmf_recalc_uprobes()).
func (s *System) recheck(mm *mm.MM) {
	st := stateOf(mm)
	if !st.recheck {
		return
	}
	st.recheck = false
	for _, v := range mm.VMAs() {
		if probeableVMA(v, false) && len(s.tree.within(fileOf(v), v.Off, v.Off+v.End-v.Start)) > 0 {
			return
		}
	}
	st.probed = false
}

// Exited has nothing to do: breakpoints and slots are pages of the address space, and go with it.
func (s *System) Exited(*mm.MM) {}
