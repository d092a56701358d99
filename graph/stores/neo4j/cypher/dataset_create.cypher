CREATE (:Dataset {no: $no, name: $name, kinds: [], least: [], most: []})
