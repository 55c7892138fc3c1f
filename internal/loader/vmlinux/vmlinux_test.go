package vmlinux_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os/exec"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"trapline/internal/loader"
	"trapline/internal/loader/vmlinux"
	"trapline/internal/x86"
)

const base = 0xffffffff81000000

// elf64 wraps memory at base and per-CPU content into an ELF file.
func elf64(mem, percpu []byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	b = le.AppendUint16(b, 2)                        // ET_EXEC
	b = le.AppendUint16(b, 62)                       // EM_X86_64
	b = le.AppendUint32(b, 1)                        // version
	b = le.AppendUint64(b, base)                     // entry
	b = le.AppendUint64(b, 64)                       // program headers
	b = le.AppendUint64(b, 0)                        // sections
	b = le.AppendUint32(b, 0)                        // flags
	for _, v := range []uint16{64, 56, 2, 0, 0, 0} { // sizes and counts
		b = le.AppendUint16(b, v)
	}
	load := func(flags uint32, addr uint64, off, n int) {
		b = le.AppendUint32(b, 1)
		b = le.AppendUint32(b, flags)
		for _, v := range []uint64{uint64(off), addr, 0, uint64(n), uint64(n), 4096} {
			b = le.AppendUint64(b, v)
		}
	}
	load(7, base, 176, len(mem))
	load(6, 0, 176+len(mem), len(percpu))
	return append(append(b, mem...), percpu...)
}

// names are what the synthetic kernel has: enough for three markers.
func names() []string {
	var list []string
	for i := range 600 {
		list = append(list, fmt.Sprintf("Tfunction_%03d", i))
	}
	return append(list, "Apercpu_thing", "t"+string(bytes.Repeat([]byte("long_"), 60)))
}

// layout is an order of the tables.
type layout int

const (
	of61  layout = iota
	of62         // with seqs_of_names
	of612        // with the addresses behind
)

// kallsyms lays out the tables, one token a character.
func kallsyms(order layout) []byte {
	le := binary.LittleEndian
	mem := bytes.Repeat([]byte{0x90}, 4096)
	mem = append(mem, "Linux version 6.1.0-test (someone)\n\x00"...)
	align := func(n int) {
		for len(mem)%n != 0 {
			mem = append(mem, 0)
		}
	}
	list := names()
	addresses := func() {
		align(8)
		for i, n := range list {
			off := int32(-1 - i*16)
			if n[0] == 'A' {
				off = 0x40
			}
			mem = le.AppendUint32(mem, uint32(off))
		}
		align(8)
		mem = le.AppendUint64(mem, base)
	}
	if order != of612 {
		addresses()
	}
	align(8)
	mem = le.AppendUint32(mem, uint32(len(list)))
	align(8)
	start := len(mem)
	var marks []int
	for i, n := range list {
		if i%256 == 0 {
			marks = append(marks, len(mem)-start)
		}
		if len(n) > 127 {
			mem = append(mem, byte(len(n))|0x80, byte(len(n)>>7))
		} else {
			mem = append(mem, byte(len(n)))
		}
		mem = append(mem, n...)
	}
	align(8)
	for _, m := range marks {
		mem = le.AppendUint32(mem, uint32(m))
	}
	align(8)
	if order == of62 {
		for i := range list {
			mem = append(mem, byte(i>>16), byte(i>>8), byte(i))
		}
		align(8)
	}
	var index []int
	at := len(mem)
	for c := range 256 {
		index = append(index, len(mem)-at)
		if c != 0 {
			mem = append(mem, byte(c))
		}
		mem = append(mem, 0)
	}
	align(8)
	for _, i := range index {
		mem = le.AppendUint16(mem, uint16(i))
	}
	if order == of612 {
		addresses()
	}
	return mem
}

// bzImage wraps a packed payload in the setup header of protocol 2.15.
func bzImage(payload []byte) []byte {
	b := make([]byte, 2*512)
	b[0x1f1] = 1
	copy(b[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(b[0x206:], 0x20f)
	binary.LittleEndian.PutUint32(b[0x248:], 100)
	binary.LittleEndian.PutUint32(b[0x24c:], uint32(len(payload)))
	return append(append(b, make([]byte, 100)...), payload...)
}

func gzipped(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return binary.LittleEndian.AppendUint32(out.Bytes(), uint32(len(b)))
}

func xzed(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return binary.LittleEndian.AppendUint32(out.Bytes(), uint32(len(b)))
}

// lz4ed stores b in literals only, in the kernel's legacy frame.
func lz4ed(b []byte) []byte {
	block := []byte{0xf0}
	n := len(b) - 15
	for ; n >= 255; n -= 255 {
		block = append(block, 255)
	}
	block = append(append(block, byte(n)), b...)
	out := binary.LittleEndian.AppendUint32([]byte{2, 0x21, 0x4c, 0x18}, uint32(len(block)))
	return binary.LittleEndian.AppendUint32(append(out, block...), uint32(len(b)))
}

func zstded(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return binary.LittleEndian.AppendUint32(out.Bytes(), uint32(len(b)))
}

// lzmaed is the old form: no length in the header, an end mark.
func lzmaed(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w, err := lzma.NewWriter(&out)
	require.NoError(t, err)
	_, err = w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return binary.LittleEndian.AppendUint32(out.Bytes(), uint32(len(b)))
}

// bzip2ed asks the tool, as Go only unpacks; nil where there is none.
func bzip2ed(t testing.TB, b []byte) []byte {
	if _, err := exec.LookPath("bzip2"); err != nil {
		return nil
	}
	cmd := exec.Command("bzip2", "-9")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	require.NoError(t, err)
	return binary.LittleEndian.AppendUint32(out, uint32(len(b)))
}

func TestReadPackings(t *testing.T) {
	for _, order := range []layout{of61, of62, of612} {
		plain := elf64(kallsyms(order), []byte("percpu content"))
		for name, packed := range map[string][]byte{
			"vmlinux": nil, "gzip": gzipped(t, plain), "xz": xzed(t, plain), "lz4": lz4ed(plain),
			"zstd": zstded(t, plain), "lzma": lzmaed(t, plain), "bzip2": bzip2ed(t, plain),
		} {
			data := plain
			if packed != nil {
				data = bzImage(packed)
			}
			k, err := vmlinux.Read(data, nil)
			require.NoError(t, err, name)
			require.Equal(t, x86.AMD64, k.Arch)
			require.Equal(t, "Linux version 6.1.0-test (someone)", k.Banner)
			require.Equal(t, "percpu content", string(k.PerCPU))
			require.Len(t, k.Symbols, len(names()))
			s, ok := k.Lookup("function_007")
			require.True(t, ok)
			require.Equal(t, loader.Symbol{Name: "function_007", Addr: base + 7*16, Size: 16, Kind: loader.Function, Binding: loader.Global}, s)
			s, ok = k.Lookup("percpu_thing")
			require.True(t, ok)
			require.EqualValues(t, 0x40, s.Addr, "absolute")
			_, ok = k.Lookup(names()[601][1:])
			require.True(t, ok, "a name of two length bytes")
		}
	}
}

// TestReadRelativeKallsyms: in kernels without per-CPU symbols apart, such as
// i386 ones, every offset counts from the base.
func TestReadRelativeKallsyms(t *testing.T) {
	mem := kallsyms(of62)
	at := bytes.Index(mem, binary.LittleEndian.AppendUint32(nil, 0xffffffff)) // the first offset, -1
	for i := range names() {
		binary.LittleEndian.PutUint32(mem[at+4*i:], uint32(i*16))
	}
	k, err := vmlinux.Read(elf64(mem, nil), nil)
	require.NoError(t, err)
	for i, name := range []string{"function_000", "function_001", "function_002"} {
		s, ok := k.Lookup(name)
		require.True(t, ok)
		require.Equal(t, base+uint64(16*i), s.Addr)
	}
}

func TestReadSymbolText(t *testing.T) {
	plain := elf64(make([]byte, 4096), nil)
	_, err := vmlinux.Read(plain, nil)
	require.ErrorIs(t, err, vmlinux.ErrNoKallsyms)
	require.ErrorContains(t, err, "System.map")
	k, err := vmlinux.Read(plain, []byte("ffffffff81000000 T start\nffffffff81000010 t end\nffffffffa0000000 t far\t[mod]\n"))
	require.NoError(t, err)
	require.Len(t, k.Symbols, 2)
	require.EqualValues(t, 16, k.Symbols[0].Size)
	k, err = vmlinux.Read(plain, []byte("0 D __per_cpu_start\n1000 D __per_cpu_end\nffffffff81000000 T start\n"))
	require.NoError(t, err)
	require.EqualValues(t, 0x1000, k.Symbols[0].Size)
	require.Zero(t, k.Symbols[1].Size, "an offset does not reach up to the kernel")
	for text, want := range map[string]string{
		"zz T start\n":              "hexadecimal digits",
		"ffffffff81000000 start\n":  "expected ADDRESS TYPE NAME",
		"0 T a\n0 T b\n":            "without privileges",
		"ffffffff81000000 TT foo\n": "expected ADDRESS TYPE NAME",
	} {
		_, err := vmlinux.Read(plain, []byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestReadRefuses(t *testing.T) {
	lzo := bzImage(append([]byte("\x89LZO\x00\r\n\x1a\n"), make([]byte, 32)...))
	unknown := bzImage([]byte("what is this, if not packed?"))
	broken := zstded(t, elf64(nil, nil))
	broken[20] ^= 0xff
	old := bzImage(make([]byte, 32))
	old[0x206] = 0
	short := bzImage(gzipped(t, elf64(nil, nil)))
	for name, c := range map[string]struct {
		data []byte
		err  error
	}{
		"empty":     {nil, vmlinux.ErrNotKernel},
		"text":      {[]byte("#!/bin/sh\n"), vmlinux.ErrNotKernel},
		"lzo":       {lzo, vmlinux.ErrPacking},
		"unknown":   {unknown, vmlinux.ErrPacking},
		"broken":    {bzImage(broken), vmlinux.ErrUnpack},
		"protocol":  {old, vmlinux.ErrNotKernel},
		"truncated": {short[:len(short)-10], vmlinux.ErrNotKernel},
		"program":   {[]byte("\x7fELF\x02\x01\x01"), vmlinux.ErrNotKernel},
	} {
		_, err := vmlinux.Read(c.data, nil)
		require.ErrorIs(t, err, c.err, name)
	}
}

func FuzzRead(f *testing.F) {
	plain := elf64(kallsyms(of62), []byte("x"))
	f.Add(plain)
	f.Add(bzImage(xzed(f, plain)))
	f.Add(bzImage(lz4ed(plain)))
	f.Add(bzImage(zstded(f, plain)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		k, err := vmlinux.Read(data, nil)
		require.True(t, err != nil || k != nil)
	})
}
