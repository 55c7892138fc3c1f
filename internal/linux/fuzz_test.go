package linux

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// tinyELF is an x86-64 program of one writable and executable segment.
func tinyELF(code []byte) []byte {
	const base, headers = 0x400000, 64 + 56
	b := make([]byte, headers, headers+len(code))
	copy(b, "\x7fELF\x02\x01\x01")
	put := binary.LittleEndian
	put.PutUint16(b[16:], 2)  // ET_EXEC
	put.PutUint16(b[18:], 62) // EM_X86_64
	put.PutUint32(b[20:], 1)
	put.PutUint64(b[24:], base+headers)
	put.PutUint64(b[32:], 64)
	put.PutUint16(b[52:], 64)
	put.PutUint16(b[54:], 56)
	put.PutUint16(b[56:], 1)
	ph := b[64:]
	put.PutUint32(ph, 1) // PT_LOAD
	put.PutUint32(ph[4:], 7)
	put.PutUint64(ph[16:], base)
	put.PutUint64(ph[24:], base)
	put.PutUint64(ph[32:], uint64(headers+len(code)))
	put.PutUint64(ph[40:], uint64(headers+len(code)))
	return append(b, code...)
}

// tinyELF32 is the same for i386.
func tinyELF32(code []byte) []byte {
	const base, headers = 0x8048000, 52 + 32
	e := elf.Header32{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_386), Version: 1, Entry: base + headers, Phoff: 52,
		Ehsize: 52, Phentsize: 32, Phnum: 1,
	}
	copy(e.Ident[:], elf.ELFMAG+"\x01\x01\x01")
	size := uint32(headers + len(code))
	p := elf.Prog32{Type: uint32(elf.PT_LOAD), Vaddr: base, Filesz: size, Memsz: size, Flags: uint32(elf.PF_R | elf.PF_W | elf.PF_X)}
	b, err := binary.Append(nil, le, e)
	if err == nil {
		b, err = binary.Append(b, le, p)
	}
	if err != nil {
		panic(err)
	}
	return append(b, code...)
}

// FuzzProgram runs arbitrary files as programs, the seeds being good ones of
// both widths: they are refused, or end as FuzzCode's do.
func FuzzProgram(f *testing.F) {
	f.Add(tinyELF([]byte{0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05})) // xor edi, edi; exit
	f.Add(tinyELF32([]byte{0x31, 0xdb, 0x31, 0xc0, 0x40, 0xcd, 0x80}))  // xor ebx, ebx; xor eax, eax; inc eax; int 80h
	f.Add(vdsoImages[x86.I386])
	f.Add(vdsoImages[x86.AMD64])
	f.Add([]byte("#!/bin/sh\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		const path = "/p"
		fs, err := vfs.OpenMem(map[string]vfs.MemFile{path: {Data: file, Exec: true}})
		require.NoError(t, err)
		defer fs.Close()
		runBounded(t, Config{Path: path, FS: fs})
	})
}

// runBounded runs what may be anything with tight limits.
func runBounded(t *testing.T, cfg Config) {
	cfg.Limits = Limits{Steps: 20000, Memory: 16 << 20, Processes: 8, Threads: 8}
	k, err := New(cfg)
	if err != nil {
		return
	}
	defer k.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	res, err := k.Run(ctx)
	require.NoError(t, err)
	require.NotEqual(t, BoundTime, res.Bound, "20000 instructions take that long")
}

// FuzzCode runs arbitrary bytes as a program: it ends by itself, by a signal
// or at a bound, and never harms the machine.
func FuzzCode(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		code := make([]byte, 64)
		for i := range code {
			code[i] = byte(r.Uint32())
		}
		// mov eax, NR; then a system call with whatever the registers hold
		f.Add(append([]byte{0xb8, byte(r.Uint32()), 0, 0, 0, 0x0f, 0x05}, code...))
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		dir := t.TempDir()
		p := filepath.Join(dir, "p")
		require.NoError(t, os.WriteFile(p, tinyELF(code), 0o755))
		fs, err := vfs.OpenFiles(p)
		require.NoError(t, err)
		defer fs.Close()
		runBounded(t, Config{Path: p, FS: fs})
	})
}
