package kprobes_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// TestO5RefusedInstructions: what 6.1's arch_prepare_kprobe() refuses, before
// the run and by the kernel's own register_kprobe; 5.12 takes it all.
func TestO5RefusedInstructions(t *testing.T) {
	const notSupported, invalid = abi.ENOTSUP, abi.EINVAL
	for name, c := range map[string]struct {
		code []byte
		want abi.Errno
	}{
		"iret":              {[]byte{0xcf}, notSupported},
		"iretq":             {[]byte{0x48, 0xcf}, notSupported},
		"data16 iret":       {[]byte{0x66, 0xcf}, notSupported},
		"prefixes, iretq":   {[]byte{0xf3, 0x2e, 0x66, 0x4f, 0xcf}, notSupported},
		"same prefix often": {[]byte{0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0xcf}, notSupported},
		"int3":              {[]byte{0xcc}, notSupported},
		"int3 with prefix":  {[]byte{0x67, 0xcc}, notSupported},
		"9a":                {[]byte{0x9a, 0, 0, 0, 0, 0, 0}, notSupported},
		"ea":                {[]byte{0xea, 0, 0, 0, 0, 0, 0}, notSupported},
		"call *%rax":        {[]byte{0xff, 0xd0}, 0},
		"call *%r8":         {[]byte{0x41, 0xff, 0xd0}, 0},
		"call *(%rax)":      {[]byte{0xff, 0x10}, notSupported},
		"jmp *(%rax)":       {[]byte{0xff, 0x20}, notSupported},
		"addr32 jmp *%rax":  {[]byte{0x67, 0xff, 0xe0}, notSupported},
		"lcall *(%rax)":     {[]byte{0xff, 0x18}, notSupported},
		"ljmp *(%rax)":      {[]byte{0xff, 0x28}, notSupported},
		"push (%rax)":       {[]byte{0xff, 0x30}, 0},
		"inc %eax":          {[]byte{0xff, 0xc0}, 0},
		"mov %eax,%ss":      {[]byte{0x8e, 0xd0}, invalid},
		"mov %eax,%ds":      {[]byte{0x8e, 0xd8}, 0},
		"lret":              {[]byte{0xcb}, 0},
		"bswap %edi":        {[]byte{0x0f, 0xcf}, 0},
		"nop, then iret":    {[]byte{0x90, 0xcf}, 0},
		"nop":               {[]byte{0x90}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, engine := range []string{"modern+int3", "modern+int3+boost", "modern"} {
				want := c.want
				if engine == "modern" {
					want = 0
				}
				r := newKit(t, x86.AMD64, engine, 1)
				at := r.kernel(c.code...)
				i := r.define(kprobes.Probe{Name: "p", Addr: at})
				cpu := r.call(0, "register_kprobe", i)
				r.done(0)
				require.EqualValues(t, -int32(want), int32(cpu.GPR[x86.RAX]), engine)
				require.Zero(t, r.word("kprobe_mutex"), "given back")
				require.Equal(t, want == 0, r.g.Stats(i).Registered, engine)
				if want != 0 {
					require.Equal(t, c.code[0], r.byteAt(at), "the code is untouched")
				} else {
					r.g.Unregister(i)
				}
				require.Equal(t, want, asErrno(r.g.Register(i)), engine)
				require.Equal(t, want, asErrno(r.g.MayProbe(at)), "armed or not")
			}
		})
	}
}

func asErrno(err error) abi.Errno {
	errno := abi.Errno(0)
	errors.As(err, &errno)
	return errno
}
