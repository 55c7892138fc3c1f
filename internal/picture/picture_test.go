package picture

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSequence(t *testing.T) {
	s := &Sequence{Title: "a; b", Actors: []string{"cpu0", "cpu1"}, Items: []Item{
		{0, 0, "#BP at <main>", false}, {0, 1, "kprobe__lock", false}, {1, 1, "VIOLATED", true},
	}}
	assert.Equal(t, `sequenceDiagram
    title a#59; b
    participant cpu0
    participant cpu1
    Note over cpu0: #35;BP at #lt;main#gt;
    cpu0->>cpu1: kprobe__lock
    rect rgb(255, 215, 215)
        Note over cpu1: VIOLATED
    end
`, s.Print(Mermaid))
	assert.Equal(t, `@startuml
title a; b
participant cpu0
participant cpu1
rnote over cpu0 : #BP at ~<main>
cpu0 -> cpu1 : kprobe~__lock
rnote over cpu1 #FFD7D7 : VIOLATED
@enduml
`, s.Print(PlantUML))
}

func TestTree(t *testing.T) {
	tree := &Tree{Title: "t", End: `violates "x"`, Runs: []Branch{
		{"cpu0: 3 steps", []Other{{"cpu1 instead", "holds", false}, {"cpu2 instead", "violates y", true}}},
	}}
	assert.Equal(t, `---
title: "t"
---
flowchart TD
    n0["start"]
    n1["holds"]
    n0 -. "cpu1 instead" .-> n1
    n2["violates y"]:::alarm
    n0 -. "cpu2 instead" .-> n2
    n3(( ))
    n0 -- "cpu0: 3 steps" --> n3
    n4["violates 'x'"]:::alarm
    n3 --> n4
    classDef alarm fill:#ffd7d7,stroke:#b00020,color:#000
`, tree.Print(Mermaid))
	assert.Equal(t, `@startuml
title t
rectangle "start" as n0
rectangle "holds" as n1
n0 ..> n1 : cpu1 instead
rectangle "violates y" as n2 #FFD7D7
n0 ..> n2 : cpu2 instead
circle " " as n3
n0 --> n3 : cpu0: 3 steps
rectangle "violates 'x'" as n4 #FFD7D7
n3 --> n4
@enduml
`, tree.Print(PlantUML))
}
