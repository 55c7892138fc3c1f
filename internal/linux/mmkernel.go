package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/state"
)

// kernelOfMM is the kernel as its address spaces see it.
type kernelOfMM struct{ k *Kernel }

// KernelOf is the kernel that an address space belongs to.
func KernelOf(mm *mm.MM) *Kernel { return mm.Kernel().(kernelOfMM).k }

func (o kernelOfMM) MapKernel(s *emu.Space) error {
	return s.Map(o.k.tables.Gdt, o.k.gdt, len(o.k.m.CPUs), emu.Write)
}

func (o kernelOfMM) Leave(s *emu.Space) { o.k.leave(s) }
func (o kernelOfMM) Drain()             { o.k.drain() }
func (o kernelOfMM) Telling() bool      { return o.k.telling }
func (o kernelOfMM) NoMemory()          { o.k.stop(BoundMemory) }
func (o kernelOfMM) Close(f mm.File)    { o.k.closeFile(f.(*File)) }

func (o kernelOfMM) InterruptUsers(mm *mm.MM) {
	for id, c := range o.k.m.CPUs {
		if c.Space == mm.Space() && o.k.current[id] != nil {
			o.k.interrupt(id)
		}
	}
}

// MayLock asks the limit of a process that uses the address space.
func (o kernelOfMM) MayLock(mm *mm.MM, bytes uint64) bool {
	for _, p := range o.k.procs {
		if p.mm == mm {
			return p.mayLock(bytes)
		}
	}
	return true
}

// StackLimit is that of a thread that uses the address space.
func (o kernelOfMM) StackLimit(mm *mm.MM) uint64 {
	for _, t := range o.k.threads {
		if t.proc.mm == mm {
			return t.proc.limit(abi.RLIMIT_STACK).now
		}
	}
	return stackLimit
}

// Hold, Path, Shown, VisitIn and NumberIn are what an address space asks of its program.
func (f *File) Hold()                            { f.refs++ }
func (f *File) Holds() int                       { return f.refs }
func (f *File) Path() string                     { return f.where() }
func (f *File) Shown() string                    { return f.shown() }
func (f *File) VisitIn(o *state.Objects)         { state.Visit(o, f) }
func (f *File) NumberIn(o *state.Objects) uint64 { return state.Number(o, f) }
