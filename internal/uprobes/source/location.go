package source

import (
	"debug/dwarf"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/go-delve/delve/pkg/dwarf/frame"
	"github.com/go-delve/delve/pkg/dwarf/godwarf"
	"github.com/go-delve/delve/pkg/dwarf/loclist"
)

// place is where a variable is at an address: in a register, in memory at a register's value and a distance, or at an address. One
// that has the same value everywhere needs none.
type place struct {
	register int // DWARF's number; noRegister: memory at offset, an address
	memory   bool
	offset   int64 // bytes
	through  bool  // offset counts from what lies in memory at the register's value and inner
	inner    int64

	constant bool
	value    int64 // of a constant
}

const noRegister = -1

// registerOf is a register by DWARF's number; all that no processor has are one.
func registerOf(n uint64) int { return int(min(n, 1<<16)) }

// Operations of locations (DWARF 5, 7.7.1).
const (
	opAddr         = 0x03
	opDeref        = 0x06
	opReg0         = 0x50
	opBreg0        = 0x70
	opRegx         = 0x90
	opFbreg        = 0x91
	opCallFrameCFA = 0x9c
)

var errNoPlace = errors.New("has no place there")

// place finds where the variable is at an address.
func (v Variable) place(addr uint64) (place, error) {
	if n, ok := v.entry.Val(dwarf.AttrConstValue).(int64); ok {
		return place{constant: true, value: n}, nil
	}
	expr, err := v.unit.location(v.entry.AttrField(dwarf.AttrLocation), addr)
	if err != nil {
		return place{}, fmt.Errorf("%s %w", v.Name, err)
	}
	pl, err := v.unit.evaluate(expr, addr)
	if err != nil {
		return place{}, fmt.Errorf("%s %w", v.Name, err)
	}
	return pl, nil
}

// location gives the expression that an attribute has for an address.
func (u *unit) location(f *dwarf.Field, addr uint64) ([]byte, error) {
	if f == nil {
		return nil, errNoPlace
	}
	switch x := f.Val.(type) {
	case []byte:
		return x, nil
	case int64:
		low, _ := u.entry.Val(dwarf.AttrLowpc).(uint64)
		e, err := u.list(int(x), low, addr)
		if err != nil || e == nil || len(e.Instr) == 0 {
			return nil, errNoPlace
		}
		return e.Instr, nil
	}
	return nil, errNoPlace
}

// list looks into a list of locations: .debug_loclists of DWARF 5, .debug_loc before.
func (u *unit) list(offset int, low, addr uint64) (e *loclist.Entry, err error) {
	defer func() { // the readers trust what they read
		if x := recover(); x != nil {
			e, err = nil, fmt.Errorf("list of locations: %v", x)
		}
	}()
	var debugAddr *godwarf.DebugAddr
	if base, ok := u.entry.Val(dwarf.AttrAddrBase).(int64); ok {
		debugAddr = godwarf.ParseAddr(u.program.section("debug_addr")).GetSubsection(uint64(base))
	}
	var lists loclist.Reader = loclist.NewDwarf5Reader(u.program.section("debug_loclists"))
	if lists.Empty() {
		lists = loclist.NewDwarf2Reader(u.program.section("debug_loc"), u.program.wordSize())
	}
	return lists.Find(offset, 0, low, addr, debugAddr)
}

func (p *Program) section(name string) []byte {
	data, err := godwarf.GetDebugSectionElf(p.file, name[len("debug_"):])
	if err != nil {
		return nil
	}
	return data
}

// evaluate reads the expressions that say a register or memory at a register's value. Others have no place that a probe can fetch.
func (u *unit) evaluate(expr []byte, addr uint64) (place, error) {
	if len(expr) == 0 {
		return place{}, errNoPlace
	}
	op, rest := expr[0], expr[1:]
	var pl place
	switch {
	case op == opAddr:
		n := u.program.wordSize()
		if len(rest) < n {
			return place{}, errNoPlace
		}
		a := make([]byte, 8)
		copy(a, rest[:n])
		pl, rest = place{register: noRegister, memory: true, offset: int64(binary.LittleEndian.Uint64(a))}, rest[n:]
	case op >= opReg0 && op < opReg0+32:
		pl = place{register: int(op - opReg0)}
	case op == opRegx:
		n, size := binary.Uvarint(rest)
		if size <= 0 {
			return place{}, errNoPlace
		}
		pl, rest = place{register: registerOf(n)}, rest[size:]
	case op >= opBreg0 && op < opBreg0+32:
		n, size := sleb(rest)
		pl, rest = place{register: int(op - opBreg0), memory: true, offset: n}, rest[size:]
	case op == opFbreg:
		n, size := sleb(rest)
		base, err := u.frameBase(addr)
		if err != nil {
			return place{}, err
		}
		base.offset += n
		pl, rest = base, rest[size:]
	case op == opCallFrameCFA:
		var err error
		if pl, err = u.program.cfa(addr); err != nil {
			return place{}, err
		}
	default:
		return place{}, errors.New("is where a probe cannot fetch it: its value is computed")
	}
	if len(rest) > 0 {
		return place{}, errors.New("is where a probe cannot fetch it: its value is computed")
	}
	return pl, nil
}

// frameBase is what the function's variables are addressed from.
func (u *unit) frameBase(addr uint64) (place, error) {
	f := u.program.At(addr)
	if f == nil {
		return place{}, errNoPlace
	}
	expr, err := u.location(f.entry.AttrField(dwarf.AttrFrameBase), addr)
	if err != nil {
		return place{}, err
	}
	if len(expr) > 0 && expr[0] == opFbreg {
		return place{}, errNoPlace
	}
	pl, err := u.evaluate(expr, addr)
	pl.memory = true // a register as base has the address
	return pl, err
}

// cfa is the canonical frame address at an address, as the unwinding tables have it.
func (p *Program) cfa(addr uint64) (pl place, err error) {
	defer func() {
		if x := recover(); x != nil {
			pl, err = place{}, fmt.Errorf("unwinding table: %v", x)
		}
	}()
	if p.frames == nil {
		if s := p.file.Section(".eh_frame"); s != nil {
			if data, err := s.Data(); err == nil {
				p.frames, _ = frame.Parse(data, binary.LittleEndian, 0, p.wordSize(), s.Addr)
			}
		}
		if data := p.section("debug_frame"); len(data) > 0 {
			more, _ := frame.Parse(data, binary.LittleEndian, 0, p.wordSize(), 0)
			p.frames = append(p.frames, more...)
		}
	}
	for _, fde := range p.frames {
		if !fde.Cover(addr) {
			continue
		}
		c, err := fde.EstablishFrame(addr)
		if err != nil {
			return place{}, err
		}
		switch e := c.CFA.Expression; {
		case c.CFA.Rule == frame.RuleCFA:
			return place{register: registerOf(c.CFA.Reg), memory: true, offset: c.CFA.Offset}, nil
		case len(e) > 2 && e[0] >= opBreg0 && e[0] < opBreg0+32 && e[len(e)-1] == opDeref: // where main aligns its stack
			n, size := sleb(e[1:])
			if size == len(e)-2 {
				return place{register: int(e[0] - opBreg0), memory: true, through: true, inner: n}, nil
			}
		}
		break
	}
	return place{}, errors.New("has no place that is known: the unwinding tables do not have the function")
}

// sleb reads a signed LEB128 number and gives its length.
func sleb(b []byte) (n int64, size int) {
	for shift := uint(0); size < len(b); shift += 7 {
		c := b[size]
		size++
		if shift < 64 {
			n |= int64(c&0x7f) << shift
		}
		if c&0x80 == 0 {
			if c&0x40 != 0 && shift+7 < 64 {
				n |= -1 << (shift + 7)
			}
			break
		}
	}
	return n, size
}
