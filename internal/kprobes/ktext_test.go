package kprobes_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/engines"
	"trapline/internal/kprobes"
	"trapline/internal/loader"
	"trapline/internal/rigs/gcc"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// kernelTexts lists every kernel.
func kernelTexts() []traps.Text {
	var l []traps.Text
	for _, e := range engines.All(engines.Kernel) {
		for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
			l = append(l, kprobes.KernelText(e, a))
		}
	}
	return l
}

// TestKernelListings compiles every kernel and compares it with the
// committed listing that runs.
func TestKernelListings(t *testing.T) {
	for _, k := range kernelTexts() {
		t.Run(k.Listing, func(t *testing.T) {
			layout := traps.LayoutOf(k.Arch)
			arch := x86.I386
			if k.Arch == x86.AMD64 {
				arch = x86.AMD64
			}
			source := asm.Source{Name: k.Listing, Text: k.Assembly, Arch: arch, Base: layout.Text, DataBase: layout.Data}
			img, err := gcc.Compile(context.Background(), source, k.C)
			if errors.Is(err, asm.ErrNoAssembler) || errors.Is(err, gcc.ErrNone) {
				t.Skip(err)
			}
			require.NoError(t, err)
			img.Files = k.Files
			want, err := loader.WriteListing(img, k.Source)
			require.NoError(t, err)
			testkit.Golden(t, filepath.Join("..", "..", k.Listing), string(want))
		})
	}
}
