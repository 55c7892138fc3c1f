package fetch_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/x86"
)

// FuzzFetch runs any accepted line against memory that holds pointers into
// itself, its end and nowhere. It must neither panic nor leave the bounds.
func FuzzFetch(f *testing.F) {
	f.Add("a=+0(%di):string b=+0(%si):u8[64] c=$comm d=+0(+8(%di)):ustring[64]", uint64(userBuf), uint64(kernelBuf))
	f.Add(`a=%ax:symstr b=%di:symstr c=\"x" d=+0(%ax):string`, uint64(userBuf+page-3), uint64(1<<63))
	f.Add(`a=\0x10000:string[3] b=%ax:b18446744073709551615@1/8 c=+u-8(%di):s64`, uint64(0), uint64(userBuf))
	f.Fuzz(func(t *testing.T, line string, ax, di uint64) {
		m := newMachine()
		pages := func(mem map[uint64]*[page]byte, base uint64) {
			for i := range uint64(2 * page / 8) {
				putWords(mem, base+8*i, []uint64{base + i, userBuf + 2*page - 5, i % 3, ax}[i%4])
			}
		}
		pages(m.user, userBuf)
		pages(m.kernel, kernelBuf)
		m.regs[events.RegAX], m.regs[events.RegDI], m.regs[events.RegSI], m.regs[events.RegSP] = ax, di, kernelBuf, kernelBuf+page
		for _, kind := range []events.Kind{events.Kprobe, events.Uprobe} {
			for _, arch := range []x86.Arch{x86.AMD64, x86.I386} {
				runHostile(t, m, kind, arch, line)
			}
		}
	})
}

func runHostile(t *testing.T, m *machine, kind events.Kind, arch x86.Arch, line string) {
	place := "p:e func "
	if kind == events.Uprobe {
		place = "p:e /f:0 "
	}
	d, err := events.Parse(kind, place+line, events.Options{Arch: arch, Symbols: m, Files: m})
	if err != nil || d.ResolveSymbols(m) != 0 {
		return
	}
	rec, ok := fetch.NewFetcher(fetch.Compile(d), m).Fetch(m, fetch.Hit{Addr: binary.MaxVarintLen64})
	if !ok {
		return
	}
	require.LessOrEqual(t, len(rec.Data), page)
	var l fetch.Line
	rec.AppendText(&l, fetch.Names{Symbols: m})
	require.Less(t, len(l.Text), fetch.MaxLine)
	require.Len(t, rec.Values(fetch.Names{Symbols: m}), len(d.Args))
}

const fourArgs = "a=%ax b=+8(%si):u32 c=+0(+0(%di)):string d=$stack0:x16"

func benchMachine() *machine {
	m := newMachine()
	put(m.user, userBuf, []byte("hello, probe\x00"))
	putWords(m.user, userBuf+0x100, userBuf)
	putWords(m.kernel, kernelBuf, 1, 2)
	m.regs[events.RegDI], m.regs[events.RegSI], m.regs[events.RegSP] = userBuf+0x100, kernelBuf, kernelBuf
	return m
}

func TestFetchDoesNotAllocate(t *testing.T) {
	m := benchMachine()
	f := fetch.NewFetcher(compile(t, m, events.Kprobe, x86.AMD64, "p:e func "+fourArgs), m)
	f.Fetch(m, fetch.Hit{})
	require.Zero(t, testing.AllocsPerRun(100, func() { f.Fetch(m, fetch.Hit{}) }))
}

func BenchmarkFetch(b *testing.B) {
	m := benchMachine()
	f := fetch.NewFetcher(compile(b, m, events.Kprobe, x86.AMD64, "p:e func "+fourArgs), m)
	b.Run("4-args", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := f.Fetch(m, fetch.Hit{}); !ok {
				b.Fatal("record lost")
			}
		}
	})
	b.Run("4-args-printed", func(b *testing.B) {
		b.ReportAllocs()
		var l fetch.Line
		for b.Loop() {
			rec, _ := f.Fetch(m, fetch.Hit{Addr: 0xffffffff81000000})
			l.Reset()
			rec.AppendText(&l, fetch.Names{Symbols: m})
		}
	})
}
