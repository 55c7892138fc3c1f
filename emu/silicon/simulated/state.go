package simulated

import (
	"encoding/binary"
	"fmt"
	"math"

	"trapline/emu"
	"trapline/emu/silicon"
)

// Offsets in the FXSAVE image (SDM vol. 1, table 10-2).
const (
	fxStatus = 2
	fxTag    = 4
	fxMXCSR  = 24
	fxST     = 32  // 16 bytes each, 10 used
	fxXMM    = 160 // 16 bytes each
)

// setState loads every register. Selectors go through the GDT, as MOV would.
func (s *Machine) setState(state *silicon.State) error {
	c := s.cpu
	c.GPR = state.GPR
	c.RIP, c.RFLAGS = state.RIP, state.RFLAGS
	if t := s.m.LoadCode(c, state.Selectors[silicon.CS], 3); t != nil {
		return fmt.Errorf("simulated: cs = %#x: %v", state.Selectors[silicon.CS], t)
	}
	if t := s.m.LoadStack(c, state.Selectors[silicon.SS], 3, emu.VecGP); t != nil {
		return fmt.Errorf("simulated: ss = %#x: %v", state.Selectors[silicon.SS], t)
	}
	for _, i := range [...]int{emu.ES, emu.DS, emu.FS, emu.GS} {
		if t := s.m.LoadData(c, i, state.Selectors[i]); t != nil {
			return fmt.Errorf("simulated: segment register %s = %#x: %v", emu.SegName(i), state.Selectors[i], t)
		}
	}
	if s.mode == silicon.Mode64 {
		c.Seg[emu.FS].Base, c.Seg[emu.GS].Base = state.FSBase, state.GSBase
	}
	var fx [emu.FXSize]byte
	le := binary.LittleEndian
	le.PutUint16(fx[:], state.X87.Control)
	le.PutUint16(fx[fxStatus:], state.X87.Status)
	fx[fxTag] = state.X87.Tag
	le.PutUint32(fx[fxMXCSR:], state.MXCSR)
	for i := range state.X87.ST {
		copy(fx[fxST+16*i:], state.X87.ST[i][:])
	}
	for i := range state.XMM {
		copy(fx[fxXMM+16*i:], state.XMM[i][:])
	}
	s.m.FXRestore(c, &fx)
	return nil
}

// state reads every register.
func (s *Machine) state() (silicon.State, error) {
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
		state.FSBase, state.GSBase = c.Seg[emu.FS].Base, c.Seg[emu.GS].Base
	}
	var fx [emu.FXSize]byte
	s.m.FXSave(c, &fx)
	le := binary.LittleEndian
	state.X87.Control = le.Uint16(fx[:])
	state.X87.Status = le.Uint16(fx[fxStatus:])
	state.X87.Tag = fx[fxTag]
	state.MXCSR = le.Uint32(fx[fxMXCSR:])
	for i := range state.X87.ST {
		copy(state.X87.ST[i][:], fx[fxST+16*i:])
	}
	for i := range s.mode.Registers() {
		copy(state.XMM[i][:], fx[fxXMM+16*i:])
	}
	return state, nil
}

// savedState is the state that the frame of a delivery from ring 3 holds.
func (s *Machine) savedState(d *emu.Delivery) (silicon.State, error) {
	state, err := s.state()
	for _, w := range d.Frame {
		switch w.Name {
		case "eip", "rip":
			state.RIP = w.Value
		case "eflags", "rflags":
			state.RFLAGS = w.Value
		case "esp", "rsp":
			state.GPR[silicon.RSP] = w.Value
		case "cs":
			state.Selectors[silicon.CS] = uint16(w.Value)
		case "ss":
			state.Selectors[silicon.SS] = uint16(w.Value)
		}
	}
	return state, err
}
