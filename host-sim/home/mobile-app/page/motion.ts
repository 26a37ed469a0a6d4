/** Something has moved before a camera. */
export interface Motion {
  /** Topic of the camera. */
  readonly camera: string;
  /** When it was heard of, ms since 1970. */
  readonly time: number;
  /** Of the camera, since it started. */
  readonly sequence: number;
}
