package kernelworld

import (
	"fmt"
	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
)

// nameRegions makes the regions' names symbols before anything uses them.
func (b *builder) nameRegions() error {
	for i := range b.file.Memory {
		m := &b.file.Memory[i]
		addr, err := world.EvalAt(b.file, m.At, b.world.Symbols)
		if err != nil {
			return err
		}
		if addr%emu.PageSize != 0 && m.Lazy {
			return m.At.Pos.Error(b.file.Name, "a multiple of 4096", "lazy region at %#x", addr)
		}
		b.own = append(b.own, loader.Symbol{Name: m.Name, Addr: addr, Size: m.Size, Kind: loader.Object})
	}
	b.world.Symbols.Own.Add(b.own...)
	return b.joinSymbols()
}

func (b *builder) loadRegions() error {
	for i := range b.file.Memory {
		m := &b.file.Memory[i]
		if err := b.mapRegion(m, b.own[i].Addr); err != nil {
			return m.Pos.Error(b.file.Name, "", "region %s: %v", m.Name, err)
		}
		data, err := b.content(m)
		if err != nil {
			return err
		}
		if uint64(len(data)) > m.Size {
			return m.Pos.Error(b.file.Name, fmt.Sprintf("size %d or more", len(data)), "region %s has more content than room", m.Name)
		}
		if err := b.put(m, b.own[i].Addr, data); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) content(m *format.Region) ([]byte, error) {
	var data []byte
	for _, c := range m.Content {
		data = append(data, c.String...)
		size := c.Size
		if size == 0 {
			size = b.world.Machine.Arch.Word()
		}
		for _, x := range c.Values {
			v, err := world.EvalAt(b.file, x, b.world.Symbols)
			if err != nil {
				return nil, err
			}
			for range size {
				data = append(data, byte(v))
				v >>= 8
			}
		}
	}
	return data, nil
}

// lazyPage is a page that is absent until it is mapped.
type lazyPage struct {
	frame emu.Frame
	prot  emu.Prot
}

func (b *builder) mapRegion(m *format.Region, addr uint64) error {
	prot := protOf(m.Prot)
	if !m.Lazy {
		return b.world.Kernel.MapZero(b.space, addr, m.Size, prot)
	}
	for at := addr; at < addr+m.Size; at += emu.PageSize {
		f, err := b.world.Kernel.MapLazy(at, prot)
		if err != nil {
			return err
		}
		b.world.lazy[at/emu.PageSize] = lazyPage{f, prot}
	}
	return nil
}

func (b *builder) put(m *format.Region, addr uint64, data []byte) error {
	if !m.Lazy {
		return b.world.Machine.WriteBytes(b.space, addr, data)
	}
	for len(data) > 0 {
		f := b.world.lazy[addr/emu.PageSize].frame
		b.world.Machine.Mem.MarkDirty(f)
		n := copy(b.world.Machine.Mem.Bytes(f), data)
		data, addr = data[n:], addr+uint64(n)
	}
	return nil
}

func protOf(s string) emu.Prot {
	var p emu.Prot
	for i, bit := range []emu.Prot{emu.Write, emu.Exec, emu.User} {
		if s[i+1] != '-' {
			p |= bit
		}
	}
	return p
}
