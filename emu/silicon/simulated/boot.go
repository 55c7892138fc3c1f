package simulated

import (
	"trapline/emu"
	"trapline/emu/loader"
	"trapline/emu/silicon"
	"trapline/traps"
)

// boot starts the kernel and a task that a debugger traces, so that signals do not
// end it, and maps the regions of package silicon.
func (s *Machine) boot(image *loader.Image) error {
	k, err := traps.Boot(s.m, traps.Options{Image: image})
	if err != nil {
		return err
	}
	s.k = k
	if err := s.addFloatGate(); err != nil {
		return err
	}
	s.m.Kernel = kernel{k}
	s.m.Quiet = true
	for _, r := range s.mode.Regions() {
		prot := emu.User
		if r.Write {
			prot |= emu.Write
		}
		if r.Execute {
			prot |= emu.Exec
		}
		if err := k.MapZero(s.cpu.Space, r.Base, uint64(r.Size), prot); err != nil {
			return err
		}
	}
	if s.ldt, err = k.AllocKernel(s.cpu.Space, emu.PageSize, emu.Write); err != nil {
		return err
	}
	sp := s.mode.StackBase() + silicon.StackSize/2
	if err := k.Start(0, traps.Task{Name: "program", Ptraced: true}, 3, silicon.CodeBase, sp); err != nil {
		return err
	}
	s.fresh = s.m.Snapshot()
	return nil
}

// addFloatGate gives #XM, which the kernel text has no handler of, the gate of
// #MF: both end in SIGFPE.
func (s *Machine) addFloatGate() error {
	const vectorMF = 16
	size := uint64(8)
	if s.m.Arch == emu.AMD64 {
		size = 16
	}
	gate := make([]byte, size)
	table := s.cpu.Sys.IDTR.Base
	s.cpu.Space.Peek(table+vectorMF*size, gate)
	return s.m.WriteBytes(s.cpu.Space, table+vectorXM*size, gate)
}
