; SPDX-License-Identifier: GPL-3.0-or-later
; batch.scm: the checks of the plug-in called from Script-Fu that read the same in both GIMPs; gimp2.scm and gimp3.scm say the rest each in its
; own dialect. One line a check: "PASS name" or "FAIL name".

(define (check name ok) (gimp-message (string-append (if ok "PASS " "FAIL ") name)))

(define (refused? image layer . args)
  (let ((result #t))
    (catch (set! result #t)
           (begin (apply restore image layer args) (set! result #f)))
    result))

; The histogram (mean first, the number of pixels fifth) of how far two layers differ inside the current selection, from `low` on.
(define (differences image below above low)
  (let* ((a (car (gimp-layer-new-from-drawable below image))) (b (car (gimp-layer-new-from-drawable above image))))
    (gimp-image-insert-layer image a 0 0)
    (gimp-image-insert-layer image b 0 0)
    (gimp-item-set-visible a TRUE)
    (gimp-item-set-visible b TRUE)
    (gimp-layer-set-mode b LAYER-MODE-DIFFERENCE-LEGACY)
    (let* ((merged (car (gimp-image-merge-down image b CLIP-TO-BOTTOM-LAYER)))
           (histogram (gimp-drawable-histogram merged HISTOGRAM-VALUE low 1.0)))
      (gimp-image-remove-layer image merged)
      histogram)))

(define (difference image below above) (car (differences image below above 0.0)))

; How many pixels differ by more than one step of 8 bits.
(define (count-different image below above) (list-ref (differences image below above (/ 1.5 255)) 4))

(define (visible image)
  (let ((layer (car (gimp-layer-new-from-visible image image "visible"))))
    (gimp-image-insert-layer image layer 0 0)
    layer))

(define (changed-only-inside name image below above)
  (gimp-selection-all image)
  (check (string-append name ": the face changed") (> (difference image below above) 0.0001))
  (select-outside image)
  (check (string-append name ": nothing else changed") (= (difference image below above) 0))
  (gimp-selection-none image))

; The layer seen through its mask is the plain result; without the mask there is more of the restoration.
(define (test-masked strength)
  (let* ((image (open-photo)) (layer (first-layer image)) (plain (restore image layer strength)))
    (gimp-item-set-visible plain FALSE)
    (let* ((masked (restore image layer strength "masked-layer")) (shown (visible image)) (name (number->string strength)))
      (check (string-append "masked: a layer mask, strength " name) (> (car (gimp-layer-get-mask masked)) 0))
      (check (string-append "masked: shows the plain result, strength " name) (= (count-different image plain shown) 0))
      (check (string-append "masked: and that is not the photo, strength " name) (> (count-different image layer shown) 500))
      (gimp-layer-remove-mask masked MASK-DISCARD)
      (check (string-append "masked: without the mask more is restored, strength " name)
             (> (difference image layer masked) (* 1.2 (difference image layer plain)))))
    (gimp-image-delete image)))

(define (test-outputs)
  (test-masked 1.0)
  (test-masked 0.6)
  (test-masked-twice)
  (let* ((image (open-photo)) (layer (first-layer image)))
    (gimp-item-set-name layer "Anna")
    (let ((new (restore image layer 1.0 "replace")))
      (check "replaced: one layer" (= (layer-count image) 1))
      (check "replaced: same name" (string=? (car (gimp-item-get-name new)) "Anna")))
    (gimp-image-delete image)))

; A system needs one row of the table: its word is taken, its name is on the layer, and of what it has not the rest is restored all the
; same. ("tint" is of tests/systems.)
(define (test-system)
  (let* ((image (open-photo)) (layer (first-layer image)))
    (gimp-item-set-name layer "Anna")
    (check "a row of the table is a model" (string=? (car (gimp-item-get-name (restore-by image layer "tint"))) "Anna (Tint)"))
    (gimp-image-delete image))
  (gimp-message "ASK the model's help")
  (gimp-message (help-of "model" 3))
  (gimp-message "ASK the texture's help")
  (gimp-message (help-of "texture" 7))
  (check "help was asked for" #t))

(define (test-strength)
  (let* ((image (open-photo)) (layer (first-layer image)) (new (restore image layer 0.0)))
    (check "strength 0 changes nothing" (= (difference image layer new) 0))
    (gimp-image-delete image)))

; Each bad input: the call fails, the image stays as it was. ASK marks where its message starts, for the shell, which looks at the text.
(define (refuses name image thunk)
  (let ((before (layer-count image)) (result #t))
    (gimp-message (string-append "ASK " name))
    (catch (set! result #t)
           (begin (thunk) (set! result #f)))
    (check (string-append name ": refused") result)
    (check (string-append name ": the image is untouched") (= (layer-count image) before))))

(define (refuses-layer name image layer)
  (gimp-image-insert-layer image layer 0 0)
  (refuses name image (lambda () (restore image layer)))
  (gimp-image-remove-layer image layer))

; The selection is the hole: it is filled, wherever the face is, and nothing else changes.
(define (test-fill)
  (let* ((image (open-photo)) (layer (first-layer image)))
    (refuses "filling without a selection" image (lambda () (fill image layer "layer" FALSE)))
    (refuses "mending without a selection" image (lambda () (mend image layer)))
    (gimp-selection-all image)
    (refuses "filling everything" image (lambda () (fill image layer "layer" FALSE)))
    (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 20 20 60 50)
    (gimp-selection-feather image 6)
    (let* ((new (fill image layer "layer" FALSE)) (mended (mend image layer)))
      (check "the other menu entry gives the same" (= (difference image new mended) 0))
      (gimp-image-remove-layer image mended)
      (check "filled: what is selected" (> (difference image layer new) 0.01))
      (gimp-selection-invert image)
      (gimp-image-select-rectangle image CHANNEL-OP-INTERSECT 100 0 412 512)
      (check "filled: nothing else" (= (difference image layer new) 0))
      (gimp-item-set-visible new FALSE)
      (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 20 20 60 50)
      (gimp-selection-feather image 6)
      (let* ((masked (fill image layer "masked-layer" FALSE)) (shown (visible image)))
        (check "filled: a layer mask" (> (car (gimp-layer-get-mask masked)) 0))
        (gimp-selection-none image)
        (check "filled: with its mask it shows the same" (= (count-different image new shown) 0))))
    (gimp-image-delete image))
  (test-fill-then))

; And then the face, in the same run, which is the plain restoration where nothing was filled.
(define (test-fill-then)
  (let* ((image (open-photo)) (layer (first-layer image)) (restored (restore image layer)))
    (gimp-image-select-rectangle image CHANNEL-OP-REPLACE 10 400 60 50)
    (let ((new (fill image layer "layer" TRUE)))
      (check "then: filled" (> (difference image layer new) 0.01))
      (gimp-selection-invert image)
      (check "then: the face is restored" (= (difference image restored new) 0))
      (check "then: which changes it" (> (difference image layer new) 0.0001)))
    (gimp-image-delete image)))

; With an engine that finds no face.
(define (test-no-face)
  (let* ((image (open-photo)) (layer (first-layer image)))
    (refuses "no face" image (lambda () (restore image layer)))
    (refuses-layer "an empty layer" image (new-layer image "empty" 300 300 RGBA-IMAGE))
    (gimp-image-delete image)
    (gimp-message "END")))

; With an engine that fails as NAME says.
(define (test-failure name)
  (let* ((image (open-photo)) (layer (first-layer image)))
    (refuses name image (lambda () (restore image layer)))
    (gimp-image-delete image)
    (gimp-message "END")))

; The shell kills the plug-in while it works.
(define (test-killed)
  (let* ((image (open-photo)) (layer (first-layer image)))
    (check "killed: the call fails" (refused? image layer))
    (check "killed: the image is untouched" (and (= (layer-count image) 1) (= (first-layer image) layer)))
    (gimp-message "END")))
