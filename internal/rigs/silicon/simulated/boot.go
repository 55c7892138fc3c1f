package simulated

import (
	"trapline/internal/emu"
	"trapline/internal/rigs/silicon"
	"trapline/internal/traps"
)

// boot starts the kernel and a task that a debugger traces, so that signals do not
// end it, and maps the regions of package silicon.
func (s *Machine) boot(o traps.Options) error {
	k, err := traps.Boot(s.m, o)
	if err != nil {
		return err
	}
	s.k = k
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
