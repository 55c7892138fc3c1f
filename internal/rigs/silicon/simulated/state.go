package simulated

import (
	"encoding/binary"
	"fmt"
	"math"

	"trapline/internal/emu"
	"trapline/internal/emu/regs"
	"trapline/internal/rigs/silicon"
	"trapline/internal/x86"
)

// setState loads every register. Selectors go through the GDT, as MOV would.
func (s *Machine) setState(state *silicon.State) error {
	c := s.cpu
	c.GPR = state.GPR
	c.RIP, c.RFLAGS = state.RIP, state.RFLAGS
	if t := s.m.LoadCode(c, state.Selectors[silicon.CS], 3); t != nil {
		return fmt.Errorf("simulated: cs = %#x: %v", state.Selectors[silicon.CS], t)
	}
	if t := s.m.LoadStack(c, state.Selectors[silicon.SS], 3, x86.VecGP); t != nil {
		return fmt.Errorf("simulated: ss = %#x: %v", state.Selectors[silicon.SS], t)
	}
	for _, i := range [...]int{x86.ES, x86.DS, x86.FS, x86.GS} {
		if t := s.m.LoadData(c, i, state.Selectors[i]); t != nil {
			return fmt.Errorf("simulated: segment register %s = %#x: %v", x86.SegmentName(i), state.Selectors[i], t)
		}
	}
	if s.mode == silicon.Mode64 {
		c.Seg[x86.FS].Base, c.Seg[x86.GS].Base = state.FSBase, state.GSBase
	}
	var b [emu.XSaveSize]byte
	le := binary.LittleEndian
	le.PutUint16(b[regs.FXControl:], state.X87.Control)
	le.PutUint16(b[regs.FXStatus:], state.X87.Status)
	b[regs.FXTags] = state.X87.Tag
	le.PutUint32(b[regs.FXMXCSR:], state.MXCSR)
	for i := range state.X87.ST {
		copy(b[regs.FXST+16*i:], state.X87.ST[i][:])
	}
	for i := range state.XMM {
		copy(b[regs.FXXMM+16*i:], state.XMM[i][:])
		copy(b[emu.XSaveUpper+16*i:], state.Upper[i][:])
	}
	le.PutUint64(b[emu.FXSize:], emu.XSaveAll)
	if !s.m.XRestore(c, &b, emu.XSaveAll) {
		return fmt.Errorf("simulated: mxcsr = %#x", state.MXCSR)
	}
	return nil
}

// state reads every register.
func (s *Machine) state() silicon.State {
	c := s.cpu
	state := silicon.State{GPR: c.GPR, RIP: c.RIP, RFLAGS: c.RFLAGS}
	if s.mode == silicon.Mode32 { // a 64-bit kernel's -ENOSYS has 64 bits
		for i := range state.GPR {
			state.GPR[i] &= math.MaxUint32
		}
	}
	for i := range state.Selectors {
		state.Selectors[i] = uint16(c.Seg[i].Sel)
	}
	if s.mode == silicon.Mode64 {
		state.FSBase, state.GSBase = c.Seg[x86.FS].Base, c.Seg[x86.GS].Base
	}
	var b [emu.XSaveSize]byte
	s.m.XSave(c, &b)
	le := binary.LittleEndian
	state.X87.Control = le.Uint16(b[regs.FXControl:])
	state.X87.Status = le.Uint16(b[regs.FXStatus:])
	state.X87.Tag = b[regs.FXTags]
	state.MXCSR = le.Uint32(b[regs.FXMXCSR:])
	for i := range state.X87.ST {
		copy(state.X87.ST[i][:], b[regs.FXST+16*i:])
	}
	for i := range s.mode.Registers() {
		copy(state.XMM[i][:], b[regs.FXXMM+16*i:])
		copy(state.Upper[i][:], b[emu.XSaveUpper+16*i:])
	}
	return state
}

// switchFPU saves and loads the floating-point state.
func (s *Machine) switchFPU() {
	var b [emu.XSaveSize]byte
	s.m.XSave(s.cpu, &b)
	s.m.XRestore(s.cpu, &b, emu.XSaveAll)
}

// savedState is the state that the frame of a delivery from ring 3 holds.
func (s *Machine) savedState(d *emu.Delivery) silicon.State {
	state := s.state()
	for _, w := range d.Frame {
		switch w.Is {
		case x86.FrameIP:
			state.RIP = w.Value
		case x86.FrameFlags:
			state.RFLAGS = w.Value
		case x86.FrameSP:
			state.GPR[silicon.RSP] = w.Value
		case x86.FrameCS:
			state.Selectors[silicon.CS] = uint16(w.Value)
		case x86.FrameSS:
			state.Selectors[silicon.SS] = uint16(w.Value)
		}
	}
	return state
}
