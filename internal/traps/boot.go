package traps

import (
	"encoding/binary"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// Options change how the kernel is booted.
type Options struct {
	// Image is the kernel text, linked at the layout's addresses.
	Image *loader.Image
	// Source is the image's source by lines, nil if nobody is to see it; Places
	// are its lines of C that say something, see ReadPlaces, and Pieces what the
	// function of that name gives.
	Source []string
	Places []Place
	Pieces []uint32
	// Engine adds micro-steps to the stock ones; nil for a stock kernel.
	Engine Engine
	// Traits are the kernel's: its gates follow them.
	Traits Traits
	// Stacks are the numbers of IST by the names of x86-64's gates. nil: #DF has
	// the first.
	Stacks map[string]uint8
}

// Boot puts the kernel into m's first address space: text, data, stacks, GDT,
// IDT and a TSS for each vCPU, with the system registers loaded.
func Boot(m *emu.Machine, o Options) (*Kernel, error) {
	k := &Kernel{
		M: m, Layout: LayoutOf(m.Arch), image: o.Image, source: o.Source, places: o.Places, pieces: o.Pieces, Symbols: o.Image.Symbols,
		Tasks: make([]Task, len(m.CPUs)), ops: stockOps(), lazy: new(lazyPages), saved: new(kernelState), known: map[string]uint64{},
	}
	k.brk = k.Layout.Heap
	if o.Engine != nil {
		k.engine = o.Engine
		for name, op := range o.Engine.Ops() {
			k.ops[name] = op
		}
	}
	if err := k.bindHypercalls(); err != nil {
		return nil, err
	}
	k.followPlaces()
	if o.Stacks == nil && m.Arch == x86.AMD64 {
		o.Stacks = map[string]uint8{"double_fault": 1}
	}
	space := m.CPUs[0].Space
	if err := k.LoadImage(space, o.Image, 0); err != nil {
		return nil, fmt.Errorf("kernel text: %w", err)
	}
	k.writeGDT(space)
	if err := k.writeIDT(space, &o); err != nil {
		return nil, err
	}
	for _, c := range m.CPUs {
		if err := k.bootCPU(c); err != nil {
			return nil, err
		}
		if o.Traits.Has(DebugStack) {
			k.bootStacks(c)
		}
	}
	k.dataSeg = m.CPUs[0].Seg[x86.DS]
	m.Kernel = k
	m.AddPart(k)
	k.cells = m.NewCells()
	return k, nil
}

// LoadImage maps img's segments into s, with extra permissions (emu.User for
// programs). Text is writable: breakpoints are plain stores of the kernel.
func (k *Kernel) LoadImage(s *emu.Space, img *loader.Image, extra emu.Prot) error {
	for i := range img.Segments {
		seg := &img.Segments[i]
		prot := extra
		if seg.Prot&loader.ProtX != 0 {
			prot |= emu.Exec | emu.Write
		}
		if seg.Prot&loader.ProtW != 0 {
			prot |= emu.Write
		}
		if err := k.MapZero(s, seg.Addr, seg.MemSize, prot); err != nil {
			return err
		}
		if err := k.M.WriteBytes(s, seg.Addr, seg.Data); err != nil {
			return err
		}
	}
	return nil
}

// MapZero maps zeroed pages over [addr, addr+size) where none are yet.
func (k *Kernel) MapZero(s *emu.Space, addr, size uint64, prot emu.Prot) error {
	if size == 0 {
		return nil
	}
	first, last := addr/emu.PageSize, (addr+size-1)/emu.PageSize
	for vpn := first; ; {
		n := uint64(0)
		for vpn+n <= last {
			if _, there := s.Lookup((vpn + n) * emu.PageSize); there {
				break
			}
			n++
		}
		if n > 0 {
			f, err := k.M.Mem.AllocRun(int(n))
			if err != nil {
				return err
			}
			if err := s.Map(vpn*emu.PageSize, f, int(n), prot); err != nil {
				return err
			}
		}
		vpn += n + 1
		if vpn > last || vpn == 0 {
			return nil
		}
	}
}

// MapLazy makes one page appear at its first fault, as demand paging does.
// It returns the frame, so that its content can be set.
func (k *Kernel) MapLazy(addr uint64, prot emu.Prot) (emu.Frame, error) {
	f, err := k.M.Mem.Alloc()
	if err != nil {
		return 0, err
	}
	k.lazy = k.lazy.with(addr/emu.PageSize, lazyPage{f, prot})
	return f, nil
}

// Poke writes n bytes of kernel data at at, which is mapped.
func (k *Kernel) Poke(s *emu.Space, at uint64, v uint64, n int) {
	if !k.M.PokeWord(s, at, n, v) {
		panic(fmt.Sprintf("kernel data at %#x is not mapped", at))
	}
}

func (k *Kernel) writeGDT(s *emu.Space) {
	base := k.Symbol("gdt_table")
	put := func(sel uint16, d x86.Descriptor) { k.Poke(s, base+uint64(sel&^7), d.Encode(), 8) }
	code := x86.FlatCode32
	if k.M.Arch == x86.AMD64 {
		code = x86.FlatCode64
		put(user32CS, x86.FlatCode32.WithDPL(3))
	}
	put(k.Layout.KernelCS, code)
	put(k.Layout.KernelDS, x86.FlatData)
	put(k.Layout.UserCS, code.WithDPL(3))
	put(k.Layout.UserDS, x86.FlatData.WithDPL(3))
}

// vectors are the gates of the IDT: which stub takes a vector, and from which
// privilege INT may use it.
var vectors = []struct {
	vec  x86.Vector
	stub string
	typ  uint8
	dpl  uint8
}{
	{x86.VecDE, "divide_error", x86.TrapGate, 0},
	{x86.VecDB, "debug", x86.TrapGate, 0},
	{x86.VecNMI, "nmi", x86.InterruptGate, 0},
	{x86.VecBP, "int3", x86.TrapGate, 3},
	{x86.VecOF, "overflow", x86.TrapGate, 3},
	{x86.VecBR, "bounds", x86.TrapGate, 3},
	{x86.VecUD, "invalid_op", x86.TrapGate, 0},
	{x86.VecNM, "device_not_available", x86.TrapGate, 0},
	{x86.VecDF, "double_fault", x86.TrapGate, 0},
	{x86.VecTS, "invalid_TSS", x86.TrapGate, 0},
	{x86.VecNP, "segment_not_present", x86.TrapGate, 0},
	{x86.VecSS, "stack_segment", x86.TrapGate, 0},
	{x86.VecGP, "general_protection", x86.TrapGate, 0},
	{x86.VecPF, "page_fault", x86.InterruptGate, 0},
	{x86.VecMF, "coprocessor_error", x86.TrapGate, 0},
	{x86.VecAC, "alignment_check", x86.TrapGate, 0},
	{x86.VecXM, "simd_coprocessor_error", x86.TrapGate, 0},
	{0x20, "timer_interrupt", x86.InterruptGate, 0},
	{0x80, "system_call", x86.TrapGate, 3},
	{0xfb, "call_function_interrupt", x86.InterruptGate, 0},
	{0xfc, "reschedule_interrupt", x86.InterruptGate, 0},
}

func (k *Kernel) writeIDT(s *emu.Space, o *Options) error {
	t := o.Traits
	for _, v := range vectors {
		if !k.HasSymbol(v.stub) {
			return fmt.Errorf("kernel text has no entry stub %s for vector %d", v.stub, v.vec)
		}
		g := x86.Gate{Offset: k.Symbol(v.stub), Selector: k.Layout.KernelCS, Type: v.typ, DPL: v.dpl, Present: true}
		if probe := v.vec == x86.VecDB || v.vec == x86.VecBP; t.Has(InterruptGates) || t.Has(ProbeGates) && probe {
			g.Type = x86.InterruptGate // K1, G0
		}
		switch {
		case v.vec == x86.VecDB && t.Has(UserDebugGate):
			g.DPL = 3 // K1
		case v.vec == x86.VecBR && t.Has(KernelBoundsGate): // the stock kernel lets ring 3 use it
			g.DPL = 0 // G0
		}
		if g.IST = o.Stacks[v.stub]; g.IST != 0 { // G0
			k.stacks[v.vec] = g.IST
		}
		k.SetGate(s, v.vec, g)
	}
	return nil
}

// SetGate writes vector vec's gate into the IDT in guest memory.
func (k *Kernel) SetGate(s *emu.Space, vec x86.Vector, g x86.Gate) {
	base := k.Symbol("idt_table")
	if k.M.Arch == x86.AMD64 {
		b := g.Encode64()
		k.Poke(s, base+uint64(vec)*x86.GateSize64, binary.LittleEndian.Uint64(b[:8]), 8)
		k.Poke(s, base+uint64(vec)*x86.GateSize64+8, binary.LittleEndian.Uint64(b[8:]), 8)
		return
	}
	b := g.Encode32()
	k.Poke(s, base+uint64(vec)*x86.GateSize32, binary.LittleEndian.Uint64(b[:]), 8)
}

// Gate reads vector vec's gate from guest memory.
func (k *Kernel) Gate(s *emu.Space, vec x86.Vector) x86.Gate {
	size := k.M.Arch.GateSize()
	b := make([]byte, size)
	s.Peek(k.Symbol("idt_table")+uint64(vec)*uint64(size), b)
	return x86.DecodeGate(b)
}

func (k *Kernel) bootCPU(c *emu.CPU) error {
	s := c.Space
	top := k.Layout.StackTop(c.ID)
	if err := k.MapZero(s, top-StackSize, StackSize, emu.Write); err != nil {
		return err
	}
	tss := k.Symbol("init_tss") + uint64(c.ID)*128
	word := k.M.Arch.Word()
	if k.M.Arch == x86.AMD64 {
		ist := top + istSize
		if err := k.MapZero(s, top, istSize, emu.Write); err != nil {
			return err
		}
		k.Poke(s, tss+x86.TSS64RSP0, top, word)
		k.Poke(s, tss+x86.TSS64Stack(k.stacks[x86.VecDF]), ist, word)
	} else {
		k.Poke(s, tss+x86.TSS32ESP0, top, word)
		k.Poke(s, tss+x86.TSS32SS0, uint64(k.Layout.KernelDS), 2)
	}
	k.Poke(s, tss+x86.TSSIOMap, x86.TSSSize, 2) // I/O bitmap beyond the limit: none
	k.Poke(s, k.Layout.ThreadInfo(c.ID)+threadCPU, uint64(c.ID), 4)
	sel := k.Layout.tssSelector(c.ID)
	gdt := k.Symbol("gdt_table")
	d := x86.Descriptor{Base: uint32(tss), Limit: x86.TSSSize - 1, Access: x86.AccessTSS | x86.AccessBusy}
	k.Poke(s, gdt+uint64(sel), d.Encode(), 8)
	k.Poke(s, gdt+uint64(sel)+8, tss>>32, 8)
	c.Sys.GDTR = emu.TableReg{Base: gdt, Limit: 64*8 - 1}
	c.Sys.IDTR = emu.TableReg{Base: k.Symbol("idt_table"), Limit: uint16(256*k.M.Arch.GateSize() - 1)}
	c.Sys.TR = emu.SystemSeg{Sel: sel, Base: tss, Limit: x86.TSSSize - 1, Type: x86.SystemBusyTSS}
	c.CPL = 0
	c.Shutdown = ""
	c.Halted = true // until a task is started on it
	return k.loadSegments(c, k.Layout.KernelCS, k.Layout.KernelDS)
}

const (
	exceptionSize  = 4096 // EXCEPTION_STKSZ
	exceptionMax   = 4    // stacks of a vCPU in exception_stacks, by their numbers in the TSS
	pdaSize        = 64
	pdaKernelStack = 16
	pdaStackOffset = 40 // the word there is that far below the thread's stack's end
)

// bootStacks gives a vCPU the stacks that gates lead to, and what it finds its
// thread by.
func (k *Kernel) bootStacks(c *emu.CPU) {
	k.stacksAt = k.Symbol("exception_stacks")
	for i, n := range k.stacks {
		vec := x86.Vector(i)
		if n != 0 && vec != x86.VecDF {
			k.Poke(c.Space, c.Sys.TR.Base+x86.TSS64Stack(n), k.ExceptionStack(c.ID, vec).High, 8)
		}
	}
	pda := k.PDA(c.ID)
	k.Poke(c.Space, pda.Low+pdaKernelStack, k.Layout.StackTop(c.ID)-pdaStackOffset, 8)
	c.Seg[x86.GS].Base = pda.Low
}

// ExceptionStack is the stack that a vector's gate leads to, which is not #DF's.
func (k *Kernel) ExceptionStack(cpu int, vec x86.Vector) emu.Area {
	low := k.stacksAt + uint64(cpu*exceptionMax+int(k.stacks[vec])-1)*exceptionSize
	return emu.Area{Low: low, High: low + exceptionSize}
}

// ExceptionStacks are a vCPU's, in the order of vectors.
func (k *Kernel) ExceptionStacks(cpu int) (l []emu.Area) {
	for i, n := range k.stacks {
		vec := x86.Vector(i)
		if k.stacksAt != 0 && n != 0 && vec != x86.VecDF {
			l = append(l, k.ExceptionStack(cpu, vec))
		}
	}
	return l
}

// PDA is what gs points at while a vCPU with stacks for exceptions is in the kernel.
func (k *Kernel) PDA(cpu int) emu.Area {
	low := k.Symbol("cpu_pda") + uint64(cpu)*pdaSize
	return emu.Area{Low: low, High: low + pdaSize}
}

// OwnGS reports whether a vCPU has the kernel's gs loaded, not the task's.
func (k *Kernel) OwnGS(c *emu.CPU) bool {
	return k.stacksAt != 0 && c.Seg[x86.GS].Base == k.PDA(c.ID).Low
}

// AllocKernel maps size bytes of fresh kernel memory below Layout.KernelEnd and
// returns its address.
func (k *Kernel) AllocKernel(s *emu.Space, size uint64, prot emu.Prot) (uint64, error) {
	at := k.brk
	if size > k.Layout.KernelEnd-at {
		return 0, fmt.Errorf("kernel memory: %d bytes wanted, %d are left", size, k.Layout.KernelEnd-at)
	}
	k.brk += (size + emu.PageSize - 1) &^ (emu.PageSize - 1)
	return at, k.MapZero(s, at, size, prot)
}

// vectorName is such as "int3" or "general protection".
func vectorName(vec x86.Vector) string {
	for _, v := range vectors {
		if v.vec == vec {
			return v.stub
		}
	}
	return fmt.Sprintf("vector %d", vec)
}
