package traps

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"trapline/internal/loader"
	"trapline/internal/x86"
)

// The text that every kernel shares, and the stock kernel's, as source (compiled
// by the tests) and as listings (what runs, so that no compiler is needed).
//
//go:embed ktext
var ktext embed.FS

// File is a part of a kernel's source.
type File struct{ Name, Text string }

func ktextFile(name string) File {
	b, err := ktext.ReadFile("ktext/" + name)
	if err != nil {
		panic(err)
	}
	return File{name, string(b)}
}

// TrapCode is the C of 2.5.30's trap handlers.
func TrapCode() File { return ktextFile("traps.c") }

// Text is one kernel's text as it is built: assembly with C behind it. Which
// source makes which listing.
type Text struct {
	Engine      string // "" for the stock kernel
	Arch        x86.Arch
	Listing     string // file, relative to the module's root
	Source      string // the whole
	Assembly, C string
	Files       []loader.SourceFile    // of Source
	Read        func() ([]byte, error) // the listing's bytes
}

// NewText puts a kernel's text together: what its traits are, entry code, more
// assembly; the C that all kernels share, and the kernel's own. It sets neither
// Listing nor Read.
func NewText(engine string, a x86.Arch, assembler, header string, assembly, c []File) Text {
	t := Text{Engine: engine, Arch: a}
	add := func(part *string, files ...File) {
		for _, f := range files {
			if f.Text == "" {
				continue
			}
			t.Files = append(t.Files, loader.SourceFile{Name: f.Name, Line: strings.Count(t.Assembly+t.C, "\n") + 1})
			*part += f.Text
		}
	}
	add(&t.Assembly, File{"config", assembler}, ktextFile("macros.S"), ktextFile(ArchName(a)+"_entry.S"), ktextFile("entry.S"))
	add(&t.Assembly, assembly...)
	add(&t.C, File{"config.h", header}, ktextFile("kernel.h"), ktextFile("stock.c"))
	add(&t.C, c...)
	t.Source = t.Assembly + t.C
	return t
}

// ArchName is what an architecture is called in names of files.
func ArchName(a x86.Arch) string {
	if a == x86.AMD64 {
		return "amd64"
	}
	return "i386"
}

// StockText is the kernel without probes.
func StockText(a x86.Arch) Text {
	t := NewText("", a, "", "", nil, []File{ktextFile("none.h"), TrapCode()})
	name := "ktext/" + ArchName(a) + "_none.lst"
	t.Listing = "internal/traps/" + name
	t.Read = func() ([]byte, error) { return ktext.ReadFile(name) }
	return t
}

// Image rebuilds the text from its listing.
func (t *Text) Image() (*loader.Image, error) {
	b, err := t.Read()
	if err != nil {
		return nil, err
	}
	img, _, err := loader.ReadListing(b)
	if err != nil {
		return nil, fmt.Errorf("%s: embedded listing: %w", t.Listing, err)
	}
	return img, nil
}

// booted is what machines share of a kernel's text.
type booted struct {
	o   Options
	err error
}

var bootedTexts sync.Map // by listing's name: func() booted

// Options is what boots the text; it is read once a process. An engine and its
// traits are not in it.
func (t *Text) Options() (Options, error) {
	once, _ := bootedTexts.LoadOrStore(t.Listing, sync.OnceValue(func() booted {
		var b booted
		if b.o.Image, b.err = t.Image(); b.err == nil {
			b.o.Source = strings.Split(t.Source, "\n")
			b.o.Places, b.err = ReadPlaces(b.o.Image, b.o.Source)
			b.o.Pieces = Pieces(b.o.Image)
		}
		return b
	}))
	b := once.(func() booted)()
	return b.o, b.err
}

// TextSum names what the steps of kernel code are made of: 16 hexadecimal digits
// of the SHA-256 of the text and its data or, in direct mode, of the flows.
func (k *Kernel) TextSum() string {
	if k.direct != nil {
		return k.direct.sum
	}
	sum := sha256.New()
	for i := range k.image.Segments {
		s := &k.image.Segments[i]
		fmt.Fprintf(sum, "%x %x\n", s.Addr, len(s.Data))
		sum.Write(s.Data)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
